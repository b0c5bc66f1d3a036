"""Amounts whose currency is known only where their aggregate is: kept exact until then."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from ledger.api.decoding import malformed
from ledger.api.wire import CurrencyAmount
from ledger.domain.kinds import Refusal
from ledger.domain.money import AMOUNT_MINOR_MAX, DECIMALS, minor_of, text_of
from ledger.messages.codec import msgspec_camel
from ledger.runtime.family import Malformed

Wanted = TypeVar("Wanted")


@dataclass(frozen=True, slots=True)
class InvalidAmount(Refusal):
    """The amount has more decimals than its currency, or is too large for it. `path`: where in the body it stands."""

    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A command of the domain whose amounts wait for their aggregate's currency; `amounts` by the command's fields."""

    command: Any
    amounts: tuple[tuple[str, Decimal], ...]

    def priced(self, currency: str) -> Any:
        """The command with its amounts in minor units of a currency, and with the currency where it has a field.

        `InvalidAmount` where one of them does not fit.
        """
        fields = {"currency": currency} if hasattr(self.command, "currency") else {}
        minors = minors_of(dict(self.amounts), currency)
        return minors if isinstance(minors, InvalidAmount) else replace(self.command, **fields, **minors)


def minors_of(amounts: Mapping[str, Decimal], currency: str) -> dict[str, int] | InvalidAmount:
    """Amounts by the names of their fields (`daily_limit_minor`) in minor units."""
    found: dict[str, int] = {}
    for name, amount in amounts.items():
        minor = minor_of(amount, currency)
        if minor is None:
            highest = text_of(AMOUNT_MINOR_MAX, currency)
            decimals = f"with at most {DECIMALS[currency]} decimals, up to {highest}"
            path = f"/{msgspec_camel(name.removesuffix('_minor'))}"
            return InvalidAmount(path, f"Expected an amount of {currency} {decimals}")
        found[name] = minor
    return found


def priced_or_not(
    command: Wanted, currency: str | None, **amounts: CurrencyAmount | None
) -> Wanted | Unpriced | Malformed:
    """A command with its amounts: at once where the client names the currency, else once the aggregate is at hand."""
    given = {name: amount.value for name, amount in amounts.items() if amount is not None}
    if currency is None:
        return Unpriced(command, tuple(given.items()))
    wrong = unfit(currency, given)
    priced: Wanted = command if wrong else Unpriced(command, tuple(given.items())).priced(currency)
    return wrong or priced


def unfit(currency: str, amounts: Mapping[str, Decimal]) -> Malformed | None:
    """What is wrong with a currency, or with amounts of it."""
    if currency not in DECIMALS:
        return malformed("/currency", "no currency of ISO 4217")
    minors = minors_of(amounts, currency)
    return malformed(minors.path, minors.detail, "invalid_amount") if isinstance(minors, InvalidAmount) else None
