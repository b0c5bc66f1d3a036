"""What operators and auditors ask in REST alone."""

from ledger.api.queries.audit import AuditPage, audit
from ledger.api.queries.inputs import AuditInput
from ledger.api.rest.routes import QueryRoute

OPERATOR_QUERY_ROUTES = (
    QueryRoute(
        "/api/v1/audit", "auditLog", AuditInput, AuditPage, lambda edge, who, _, given: audit(edge, who, given), ()
    ),
)
