"""What a terminal says and is told, between the caller's types and JSON."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from ledger.client import shapes
from ledger.client.errors import Conflict, problem_of_result
from ledger.client.jsontext import decode
from ledger.client.money import Amount, amount_text
from ledger.client.record import Answer, Command

Shape = TypeVar("Shape")
ID_CHARACTERS_MAX = 64


@dataclass(frozen=True)
class Item:
    """One line of a prescription. Amounts are exact: a `Decimal`, a string or an int."""

    drug_code: str
    drug_name: str
    quantity: int
    unit_price: Amount
    total_price: Amount
    gtin: str | None = None
    serial: str | None = None
    batch: str | None = None
    expiry: date | None = None


def claim_body(
    prescription_id: str,
    beneficiary_id: str,
    total: Amount,
    items: Sequence[Item],
    fill_number: int,
    service_date: date | None,
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "prescriptionId": prescription_id,
        "beneficiaryId": beneficiary_id,
        "totalAmount": amount_text(total),
        "items": [_item_body(item) for item in items],
    }
    if fill_number:
        body["fillNumber"] = fill_number
    if service_date is not None:
        body["serviceDate"] = service_date.isoformat()
    return body


def _item_body(item: Item) -> Any:
    return shapes.write(item) | {
        "unitPrice": amount_text(item.unit_price),
        "totalPrice": amount_text(item.total_price),
    }


def read(shape: Callable[..., Shape], answer: Answer) -> Shape:
    """The answer's body. Raises `ProblemError` for what was not accepted."""
    body = decode(answer.body)
    if answer.status != "accepted":
        raise problem_of_result(answer.status, body)
    assert isinstance(shape, type)
    return shapes.read(shape, body)


def checked_id(given: str | None) -> str:
    """A new one where none is given. Raises ValueError."""
    if given is None:
        return secrets.token_hex(16)
    if not 1 <= len(given) <= ID_CHARACTERS_MAX or not all("!" <= each <= "~" for each in given):
        raise ValueError(f"an id has 1 to {ID_CHARACTERS_MAX} printable ASCII characters: {given!r}")
    return given


def must_be_the_same(before: Command, now: Command) -> None:
    """Under one id. Raises `Conflict`."""
    if (before.type, before.card, before.body) != (now.type, now.card, now.body):
        raise Conflict({"code": "idempotency_conflict", "detail": f"{now.id} is the id of another command"}, "conflict")
