"""All resolvers, family by family."""

from ariadne import InterfaceType

from ledger.api.graphql.commands import COMMAND_BINDABLES
from ledger.api.graphql.history import HISTORY_BINDABLES
from ledger.api.graphql.insurance import INSURANCE_BINDABLES
from ledger.api.graphql.journal import JOURNAL_BINDABLES
from ledger.api.graphql.medcards import MEDCARD_BINDABLES
from ledger.api.graphql.payments import PAYMENT_BINDABLES
from ledger.api.graphql.pharmacies import PHARMACY_BINDABLES
from ledger.api.graphql.resolving import resolve_field
from ledger.api.graphql.scalars import date_scalar, date_time_scalar, decimal_scalar
from ledger.api.graphql.status import STATUS_BINDABLES
from ledger.api.graphql.wallets import WALLET_BINDABLES

BINDABLES = (
    *MEDCARD_BINDABLES,
    *WALLET_BINDABLES,
    *PAYMENT_BINDABLES,
    *INSURANCE_BINDABLES,
    *PHARMACY_BINDABLES,
    *COMMAND_BINDABLES,
    *JOURNAL_BINDABLES,
    *HISTORY_BINDABLES,
    *STATUS_BINDABLES,
    decimal_scalar,
    date_scalar,
    date_time_scalar,
    InterfaceType("CommandPayload", lambda *_: None),
)

__all__ = ["BINDABLES", "resolve_field"]
