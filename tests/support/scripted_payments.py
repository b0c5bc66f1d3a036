"""Payments whose gateways a test plays: it gives their commands to the host, where no door has them yet."""

from typing import Any

from ledger.api.payments.family import PaymentFamily
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.payment.commands import Command
from ledger.domain.payment.decide import decide
from ledger.domain.payment.state import Payment
from ledger.messages.commands import Caller, CommandRequest, Trace
from ledger.runtime.family import Moment
from tests.support.payments import METHODS

SCRIPTED = "scripted"


class ScriptedPayments(PaymentFamily):
    """The family, and beside its own commands those of a script; gateways are configured."""

    def __init__(self) -> None:
        super().__init__()
        self._script: list[Command] = []

    @property
    def commands(self) -> tuple[str, ...]:
        return (*super().commands, SCRIPTED)

    def request(self, payment_id: str, command: Command) -> CommandRequest:
        """A command as a host takes it, under a key of its own."""
        self._script.append(command)
        index = str(len(self._script) - 1)
        key, trace = f"{SCRIPTED} {index}", Trace("process", "scripted")
        caller = Caller("gateway", "SERVICE")
        return CommandRequest("payment", payment_id, caller, key, SCRIPTED, index.encode(), 5_000, trace)

    def parse(self, request: CommandRequest) -> Any:
        return self._script[int(request.body)] if request.name == SCRIPTED else super().parse(request)

    def decide(self, state: Payment | None, command: Command, moment: Moment) -> Event | Refusal | Unchanged:
        caller = moment.request.caller
        context = Context(moment.at, caller.principal, caller.role, moment.command_id, payment_methods=METHODS)
        return decide(state, command, context)
