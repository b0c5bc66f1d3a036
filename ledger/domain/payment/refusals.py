"""Refusals of a payment's commands, and the outcomes that change nothing."""

from dataclasses import dataclass

from ledger.domain.kinds import Refusal, Unchanged


@dataclass(frozen=True, slots=True)
class PaymentAlreadyExists(Refusal):
    """The id is taken by a payment of other content, or by something that is no payment."""


@dataclass(frozen=True, slots=True)
class AmountNotPositive(Refusal):
    """The amount is zero or less."""


@dataclass(frozen=True, slots=True)
class GatewayNotConfigured(Refusal):
    """The server has no account with this gateway."""

    gateway: str


@dataclass(frozen=True, slots=True)
class MethodNotSupported(Refusal):
    """The gateway does not offer this method; `methods` are those that it offers."""

    method: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaymentNotFound(Refusal):
    """There is no such payment."""


@dataclass(frozen=True, slots=True)
class InvalidState(Refusal):
    """The gateway has accepted the payment before, or the payment has ended."""

    status: str


@dataclass(frozen=True, slots=True)
class PaymentFinal(Refusal):
    """The payment has ended: it cannot be cancelled any more."""

    status: str


@dataclass(frozen=True, slots=True)
class PaymentNotCompleted(Refusal):
    """No money was received that could be given back."""

    status: str


@dataclass(frozen=True, slots=True)
class RefundAlreadyExists(Refusal):
    """The payment has used the refund's id before."""


@dataclass(frozen=True, slots=True)
class RefundExceedsCapture(Refusal):
    """More is asked for than remains of the captured amount, less what was refunded or is asked for and still open."""

    remaining_minor: int


@dataclass(frozen=True, slots=True)
class RefundNotFound(Refusal):
    """There is no such refund."""


@dataclass(frozen=True, slots=True)
class PaymentInitiatedBefore(Unchanged):
    """The same payment was initiated under this id before."""


@dataclass(frozen=True, slots=True)
class OutcomeRecordedBefore(Unchanged):
    """The gateway said this before."""


@dataclass(frozen=True, slots=True)
class RefundOutcomeRecordedBefore(Unchanged):
    """The gateway said this of the refund before."""

    refund_id: str
