"""What accepted commands answer, and how amounts stand in answers."""

from typing import Annotated

from msgspec import Meta, Raw, Struct

from ledger.domain.money import EGP, text_of

Money = Annotated[Raw, Meta(extra_json_schema={"type": "number", "multipleOf": 0.01})]
"""An exact decimal number of EGP, with two decimals."""

CurrencyMoney = Annotated[Raw, Meta(extra_json_schema={"type": "number"})]
"""An exact decimal number with the decimals of the currency that stands beside it."""


def money(minor: int, currency: str = EGP) -> Raw:
    """35000 -> `350.00`."""
    return Raw(text_of(minor, currency).encode())


def money_or_none(minor: int | None, currency: str = EGP) -> Raw | None:
    return None if minor is None else money(minor, currency)


class Answer(Struct, rename="camel", frozen=True, kw_only=True):
    """An object that a door answers with."""


class Warning_(Answer, frozen=True, kw_only=True):
    """Something that looks wrong and was accepted."""

    code: str
    path: str
