"""What the rows of all commands of MedCards share."""

from typing import Any

import msgspec

from ledger.api.table import Row, Shape
from ledger.api.wire import Amount
from ledger.domain.medcard.refusals import CardNotFound
from ledger.domain.refusal_order import REFUSALS

TOPIC = "medcard"
AGGREGATE_TYPE = "medcard"


def medcard_row(name: str, shape: Shape, answer: type[msgspec.Struct], command: type, **more: Any) -> Row:
    """`command`: the domain's, whose refusals are the row's."""
    return Row(name, TOPIC, AGGREGATE_TYPE, "medCardId", shape, answer, CardNotFound, REFUSALS[command], **more)


def minor(amount: Amount | None) -> int | None:
    return None if amount is None else amount.minor
