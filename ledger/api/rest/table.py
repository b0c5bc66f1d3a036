"""All routes of commands and queries. The claim's comes first: routes are tried in order."""

from ledger.api.medcards.routes import MEDCARD_COMMAND_ROUTES, MEDCARD_QUERY_ROUTES
from ledger.api.operator_routes import OPERATOR_QUERY_ROUTES
from ledger.api.payments.routes import PAYMENT_COMMAND_ROUTES, PAYMENT_QUERY_ROUTES
from ledger.api.pharmacies.routes import PHARMACY_COMMAND_ROUTES, PHARMACY_QUERY_ROUTES
from ledger.api.wallets.routes import WALLET_COMMAND_ROUTES, WALLET_QUERY_ROUTES

COMMAND_ROUTES = (*MEDCARD_COMMAND_ROUTES, *WALLET_COMMAND_ROUTES, *PAYMENT_COMMAND_ROUTES, *PHARMACY_COMMAND_ROUTES)
QUERY_ROUTES = (
    *MEDCARD_QUERY_ROUTES,
    *WALLET_QUERY_ROUTES,
    *PAYMENT_QUERY_ROUTES,
    *PHARMACY_QUERY_ROUTES,
    *OPERATOR_QUERY_ROUTES,
)
