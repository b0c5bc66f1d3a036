"""Commands of a pharmacy, as its deciders see them: amounts in minor units, everything well-formed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RegisterPharmacy:
    name: str
    governorate: str
    licence: str


@dataclass(frozen=True, slots=True)
class ContractPharmacy:
    pass


@dataclass(frozen=True, slots=True)
class SuspendPharmacy:
    reason: str


@dataclass(frozen=True, slots=True)
class RegisterTerminal:
    """The caps of one offline batch; a cap of 0 gives no offline right."""

    terminal_id: str
    offline_claims_max: int
    offline_amount_max_minor: int
    offline_age_max_s: int


@dataclass(frozen=True, slots=True)
class RevokeTerminal:
    terminal_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenOfflineBatch:
    """`first_captured_at`: when the terminal took the batch's first claim, which is its oldest."""

    terminal_id: str
    batch_id: str
    first_sequence: int
    last_sequence: int
    claims: int
    amount_minor: int
    first_captured_at: datetime


@dataclass(frozen=True, slots=True)
class CloseOfflineBatch:
    """Totals as the terminal counted them: `amount_minor` of all `claims` that it sent, the rejected ones included."""

    terminal_id: str
    batch_id: str
    claims: int
    rejected_claims: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RecordRemittance:
    amount_minor: int
    reference: str
    period: str


Command = (
    RegisterPharmacy
    | ContractPharmacy
    | SuspendPharmacy
    | RegisterTerminal
    | RevokeTerminal
    | OpenOfflineBatch
    | CloseOfflineBatch
    | RecordRemittance
)
