"""What the rows of all commands of MedCards share."""

from typing import Any

import msgspec

from ledger.api.rights import Role
from ledger.api.table import Row, Shape
from ledger.api.wire import Amount
from ledger.domain.medcard.refusals import CardNotFound
from ledger.domain.refusal_order import REFUSALS
from ledger.messages.commands import Caller

TOPIC = "medcard"
AGGREGATE_TYPE = "medcard"


def medcard_row(name: str, shape: Shape, answer: type[msgspec.Struct], command: type, **more: Any) -> Row:
    """`command`: the domain's, whose refusals are the row's."""
    return Row(name, TOPIC, AGGREGATE_TYPE, "medCardId", shape, answer, CardNotFound, REFUSALS[command], **more)


def minor(amount: Amount | None) -> int | None:
    return None if amount is None else amount.minor


def only_of_plan(caller: Caller) -> str | None:
    """Whose cards and claims an insurer may handle; everybody else's right is not bound to a plan."""
    return (caller.plan_id or "") if caller.role == Role.INSURER else None


def only_of_provider(caller: Caller) -> str | None:
    return (caller.provider_id or "") if caller.role == Role.PROVIDER else None
