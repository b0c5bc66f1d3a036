"""All resolvers, family by family."""

from ariadne import InterfaceType

from ledger.api.graphql.commands import COMMAND_BINDABLES
from ledger.api.graphql.medcards import MEDCARD_BINDABLES
from ledger.api.graphql.resolving import resolve_field
from ledger.api.graphql.scalars import decimal_scalar

BINDABLES = (*MEDCARD_BINDABLES, *COMMAND_BINDABLES, decimal_scalar, InterfaceType("CommandPayload", lambda *_: None))

__all__ = ["BINDABLES", "resolve_field"]
