"""Refusals of a pharmacy's commands, and the outcomes that change nothing."""

from dataclasses import dataclass
from enum import StrEnum

from ledger.domain.kinds import Refusal, Unchanged


class Cap(StrEnum):
    """Which of a terminal's offline caps, in the order in which they are checked."""

    CLAIMS = "CLAIMS"
    AMOUNT = "AMOUNT"
    AGE = "AGE"


@dataclass(frozen=True, slots=True)
class PharmacyAlreadyExists(Refusal):
    """The id is taken by a pharmacy of other content, or by something that is no pharmacy."""


@dataclass(frozen=True, slots=True)
class PharmacyNotFound(Refusal):
    """There is no such pharmacy."""


@dataclass(frozen=True, slots=True)
class InvalidState(Refusal):
    """The pharmacy is contracted already; or it is not, and there is no contract to suspend."""

    status: str


@dataclass(frozen=True, slots=True)
class TerminalAlreadyExists(Refusal):
    """The pharmacy has used the terminal's id before, be it for one that was revoked."""


@dataclass(frozen=True, slots=True)
class TerminalNotFound(Refusal):
    """The pharmacy has no such terminal."""


@dataclass(frozen=True, slots=True)
class TerminalRevoked(Refusal):
    """The terminal was revoked: it has no offline right any more."""


@dataclass(frozen=True, slots=True)
class SequenceGap(Refusal):
    """A batch begins where the terminal's last one ended, and counts every number in between."""

    expected_sequence: int


@dataclass(frozen=True, slots=True)
class OfflineCapExceeded(Refusal):
    """The batch is above one of the terminal's caps; `cap` in its own unit: claims, piastres, or seconds."""

    which: Cap
    cap: int


@dataclass(frozen=True, slots=True)
class OfflineBatchAlreadyExists(Refusal):
    """The terminal has used the batch's id for another batch."""


@dataclass(frozen=True, slots=True)
class OfflineBatchNotFound(Refusal):
    """The terminal has opened no such batch."""


@dataclass(frozen=True, slots=True)
class RemittanceAlreadyExists(Refusal):
    """The reference is that of a remittance recorded before."""


@dataclass(frozen=True, slots=True)
class AmountNotPositive(Refusal):
    """The amount is zero or less."""


@dataclass(frozen=True, slots=True)
class RemittanceExceedsPayable(Refusal):
    """More is paid than is owed: `payable_minor`, negative where claims were reversed after they had been remitted."""

    payable_minor: int


@dataclass(frozen=True, slots=True)
class PharmacyRegisteredBefore(Unchanged):
    """The same pharmacy was registered under this id before."""


@dataclass(frozen=True, slots=True)
class TerminalRevokedBefore(Unchanged):
    """The terminal was revoked already."""


@dataclass(frozen=True, slots=True)
class OfflineBatchOpenedBefore(Unchanged):
    """The same batch was opened already; it may be closed by now."""


@dataclass(frozen=True, slots=True)
class OfflineBatchClosedBefore(Unchanged):
    """The batch was closed already, with the totals of its first close."""
