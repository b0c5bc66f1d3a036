"""Payments as the runtime's family: what a host needs to know of them, from a body's bytes to an answer's."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ledger.api.answers import money
from ledger.api.family import TableFamily
from ledger.api.payments.answers import PaymentAnswer
from ledger.api.payments.rows import AGGREGATE_TYPE, TOPIC
from ledger.api.rights import bound_user
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.payment.commands import Command, InitiatePayment
from ledger.domain.payment.decide import decide
from ledger.domain.payment.refusals import PaymentAlreadyExists, PaymentNotFound
from ledger.domain.payment.state import Payment, evolve
from ledger.messages.commands import CommandRequest
from ledger.runtime.family import Answered, Moment

_encode = msgspec.json.Encoder().encode


class PaymentFamily(TableFamily):
    """Payments."""

    def __init__(self) -> None:
        super().__init__(TOPIC, AGGREGATE_TYPE)

    def hides(self, state: Payment, command: Command, request: CommandRequest) -> bool:
        """Payments of another user from whom is bound to one; that an id is taken, never."""
        if isinstance(command, InitiatePayment):
            return False
        return bound_user(request.caller) not in (None, state.origin.user_id)

    def decide(self, state: Payment | None, command: Command, moment: Moment) -> Event | Refusal | Unchanged:
        caller = moment.request.caller
        return decide(state, command, Context(moment.at, caller.principal, caller.role, moment.command_id))

    def evolve(self, state: Payment | None, event: Event) -> Payment:
        return evolve(state, event)

    def refuse_foreign(self, command: Command) -> Refusal:
        return PaymentAlreadyExists() if isinstance(command, InitiatePayment) else PaymentNotFound()

    def facts(self, state: Payment | None, command: Command, refusal: Refusal) -> Mapping[str, Any]:
        """Amounts say of which currency they are."""
        found = dict(super().facts(state, command, refusal))
        if state is not None and any(name.endswith("_minor") for name in found):
            found["currency"] = state.origin.currency
        return found

    def reply(self, state: Payment, command: Command, outcome: Event | Unchanged, answered: Answered) -> bytes:
        origin = state.origin
        return _encode(
            PaymentAnswer(
                payment_id=answered.aggregate_id,
                wallet_id=origin.wallet_id,
                status=state.status,
                disputed=state.disputed,
                amount=money(origin.amount_minor, origin.currency),
                refunded=money(state.refunded_minor, origin.currency),
                currency=origin.currency,
                position=answered.position,
                version=answered.version,
            )
        )
