"""Sealed boxes of rows, opened for a caller who may see them."""

from collections.abc import Sequence
from datetime import date

import msgspec

from ledger.api.answers import Answer, Money, money
from ledger.domain.kinds import Erased
from ledger.messages.sealing import Sealed, seal_binding, unseal
from ledger.ports import KeyRing

Box = tuple[str, str, bytes | None]
"""(card, field, what the row holds): the first two are what the box is bound to."""


class PersonView(Answer, frozen=True, kw_only=True):
    """Personal data; null as a whole once it was erased."""

    national_id: str
    name: str
    date_of_birth: date
    phone_number: str


class ItemView(Answer, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a prescription."""

    drug_code: str
    drug_name: str
    quantity: int
    unit_price: Money
    total_price: Money
    gtin: str | None = None
    serial: str | None = None
    batch: str | None = None
    expiry: date | None = None


class _StoredItem(msgspec.Struct, rename="camel", frozen=True):
    drug_code: str
    drug_name: str
    quantity: int
    unit_price_minor: int
    total_price_minor: int
    gtin: str | None = None
    serial: str | None = None
    batch: str | None = None
    expiry: date | None = None


class LineView(Answer, frozen=True, kw_only=True):
    """One service of an insurance claim."""

    code: str
    description: str
    amount: Money


class _StoredLine(msgspec.Struct, rename="camel", frozen=True):
    code: str
    description: str
    amount_minor: int


_sealed = msgspec.json.Decoder(Sealed)
_person = msgspec.json.Decoder(PersonView)
_codes = msgspec.json.Decoder(tuple[str, ...])
_lines = msgspec.json.Decoder(tuple[_StoredLine, ...])
_text = msgspec.json.Decoder(str)
_items = msgspec.json.Decoder(tuple[_StoredItem, ...])


async def opened(keys: KeyRing, boxes: Sequence[Box]) -> list[bytes | None]:
    """The clear bytes, in order, with one question to the key ring; None for no box and for the erased."""
    sealed = [None if raw is None else _sealed.decode(raw) for _, _, raw in boxes]
    persons = {box.person for box in sealed if box is not None}
    found = await keys.find(persons) if persons else {}
    clear: list[bytes | None] = []
    for (medcard_id, field, _), box in zip(boxes, sealed, strict=True):
        content = Erased() if box is None else unseal(box, seal_binding(medcard_id, field), found)
        clear.append(None if isinstance(content, Erased) else content)
    return clear


def person_of(clear: bytes | None) -> PersonView | None:
    return None if clear is None else _person.decode(clear)


def items_of(clear: bytes | None) -> tuple[ItemView, ...] | None:
    return None if clear is None else tuple(map(_item, _items.decode(clear)))


def codes_of(clear: bytes | None) -> tuple[str, ...] | None:
    return None if clear is None else _codes.decode(clear)


def text_of(clear: bytes | None) -> str | None:
    return None if clear is None else _text.decode(clear)


def lines_of(clear: bytes | None) -> tuple[LineView, ...] | None:
    if clear is None:
        return None
    return tuple(
        LineView(code=line.code, description=line.description, amount=money(line.amount_minor))
        for line in _lines.decode(clear)
    )


def _item(stored: _StoredItem) -> ItemView:
    return ItemView(
        drug_code=stored.drug_code,
        drug_name=stored.drug_name,
        quantity=stored.quantity,
        unit_price=money(stored.unit_price_minor),
        total_price=money(stored.total_price_minor),
        gtin=stored.gtin,
        serial=stored.serial,
        batch=stored.batch,
        expiry=stored.expiry,
    )
