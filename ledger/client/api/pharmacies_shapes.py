"""What pharmacies take and answer.

Written by `ledger docs` from the OpenAPI document.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.client.api.shared_shapes import (
    Warning_,
)
from ledger.client.money import Amount


@dataclass(frozen=True, kw_only=True)
class PharmacyAnswer:
    """The pharmacy after the command."""

    pharmacy_id: str
    status: str
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PharmacyView:
    """A pharmacy of the network."""

    id: str
    pharmacy_id: str
    name: str
    governorate: str
    licence: str
    status: str
    registered_at: str
    updated_at: str
    version: int


@dataclass(frozen=True, kw_only=True)
class PharmacyPage:
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[PharmacyView, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class RegisterPharmacyInput:
    """A pharmacy that joins the network; it has no contract yet."""

    name: str
    governorate: str
    licence: str
    id: str | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterTerminalInput:
    """A terminal, and the caps of one offline batch of it; what is not given is 0, which gives no offline right."""

    terminal_id: str
    offline_claims_max: int | None = None
    offline_amount_max: Amount | None = None
    offline_age_max_s: int | None = None


@dataclass(frozen=True, kw_only=True)
class StatusTotal:
    """The claims of one status. Rejected ones have neither cover nor copayment."""

    status: str
    claims: int
    total: Decimal
    covered: Decimal
    copay: Decimal


@dataclass(frozen=True, kw_only=True)
class TerminalAnswer:
    """The terminal after the command."""

    pharmacy_id: str
    terminal_id: str
    status: str
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TerminalView:
    """A terminal, and the caps of one offline batch of it; a cap of 0 gives no offline right."""

    id: str
    terminal_id: str
    pharmacy_id: str
    status: str
    offline_claims_max: int
    offline_amount_max: Decimal
    offline_age_max_s: int
    registered_at: str
    revoked_at: str | None


@dataclass(frozen=True, kw_only=True)
class Terminals:
    """Terminals of a pharmacy by their ids, revoked ones too. `next`: the cursor of what follows, null at the
    end.
    """

    items: tuple[TerminalView, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class TotalsView:
    """The claims that were adjudicated on one day in Cairo, by what they are now: a claim that was reversed
    since counts as REVERSED on the day on which it was made. `covered`: what the plans owe for the paid ones.
    """

    pharmacy_id: str
    date: date
    terminal_id: str | None
    currency: str
    claims: int
    covered: Decimal
    by_status: tuple[StatusTotal, ...]
