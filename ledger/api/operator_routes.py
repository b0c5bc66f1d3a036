"""What is asked of the server itself, and not of one family of aggregates."""

from ledger.api.inputs import NoInput
from ledger.api.queries.audit import AuditPage, audit
from ledger.api.queries.command_status import CommandStatusInput, CommandStatusView, command_status
from ledger.api.queries.history import CardAtView, CardHistoryInput, EventPage, card_history
from ledger.api.queries.inputs import AuditInput
from ledger.api.queries.journal import (
    EntriesInput,
    EntryPage,
    TrialBalanceInput,
    TrialBalanceView,
    entries,
    trial_balance,
)
from ledger.api.queries.status import SystemStatusView, system_status
from ledger.api.rest.routes import QueryRoute
from ledger.reads.journal import JOURNAL_PROJECTION

OPERATOR_QUERY_ROUTES = (
    QueryRoute(
        "/api/v1/commands/{key}",
        "commandStatus",
        CommandStatusInput,
        CommandStatusView,
        lambda edge, who, of, given: command_status(edge, who, of.args["key"], given),
        ("command_not_found",),
    ),
    QueryRoute(
        "/api/v1/medcards/{id}/history",
        "eventHistory",
        CardHistoryInput,
        EventPage,
        lambda edge, who, of, given: card_history(edge, who, of.args["id"], given),
        other_answer=CardAtView,
    ),
    QueryRoute(
        "/api/v1/journal/entries",
        "journalEntries",
        EntriesInput,
        EntryPage,
        lambda edge, who, _, given: entries(edge, who, given),
        (),
        JOURNAL_PROJECTION,
    ),
    QueryRoute(
        "/api/v1/journal/trial-balance",
        "trialBalance",
        TrialBalanceInput,
        TrialBalanceView,
        lambda edge, who, _, given: trial_balance(edge, who, given),
        (),
        JOURNAL_PROJECTION,
    ),
    QueryRoute(
        "/api/v1/system/status",
        "systemStatus",
        NoInput,
        SystemStatusView,
        lambda edge, who, _of, _given: system_status(edge, who),
        (),
    ),
    QueryRoute(
        "/api/v1/audit", "auditLog", AuditInput, AuditPage, lambda edge, who, _, given: audit(edge, who, given), ()
    ),
)
