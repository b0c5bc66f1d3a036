"""What accepted commands answer, and how amounts stand in answers."""

from typing import Annotated

from msgspec import Meta, Raw, Struct

from ledger.domain.money import text_of

Money = Annotated[Raw, Meta(extra_json_schema={"type": "number", "multipleOf": 0.01})]
"""An exact decimal number with the currency's decimals."""


def money(minor: int) -> Raw:
    """35000 -> `350.00`."""
    return Raw(text_of(minor).encode())


def money_or_none(minor: int | None) -> Raw | None:
    return None if minor is None else money(minor)


class Answer(Struct, rename="camel", frozen=True, kw_only=True):
    """An object that a door answers with."""


class Warning_(Answer, frozen=True, kw_only=True):
    """Something that looks wrong and was accepted."""

    code: str
    path: str
