"""Refusals of a payment's commands, and the outcomes that change nothing."""

from dataclasses import dataclass

from ledger.domain.kinds import Refusal, Unchanged


@dataclass(frozen=True, slots=True)
class PaymentAlreadyExists(Refusal):
    """The id is taken by a payment of other content, or by something that is no payment."""


@dataclass(frozen=True, slots=True)
class AmountNotPositive(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class GatewayNotConfigured(Refusal):
    gateway: str


@dataclass(frozen=True, slots=True)
class MethodNotSupported(Refusal):
    """`methods` are those that the gateway offers."""

    method: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaymentNotFound(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class InvalidState(Refusal):
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
    pass


@dataclass(frozen=True, slots=True)
class RefundExceedsCapture(Refusal):
    """What remains is what was captured, less what was refunded, less what was asked for and is still open."""

    remaining_minor: int


@dataclass(frozen=True, slots=True)
class RefundNotFound(Refusal):
    pass


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
