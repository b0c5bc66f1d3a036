"""MedCards as the runtime's family: what a host needs to know of them."""

import msgspec

from ledger.api.family import TableFamily
from ledger.api.medcards.replies import answer_of
from ledger.api.medcards.row import AGGREGATE_TYPE, TOPIC
from ledger.api.network import NETWORK_CLOSED, PHARMACY_CONTRACTED
from ledger.api.rights import bound_plan, bound_user
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.medcard.commands import Command, CreateMedCard
from ledger.domain.medcard.decide import decide
from ledger.domain.medcard.refusals import CardAlreadyExists, CardNotFound
from ledger.domain.medcard.state import MedCard, evolve
from ledger.messages.commands import CommandRequest
from ledger.runtime.family import Answered, Moment

_encode = msgspec.json.Encoder().encode


class MedCardFamily(TableFamily):
    """MedCards."""

    def __init__(self) -> None:
        super().__init__(TOPIC, AGGREGATE_TYPE)

    def hides(self, state: MedCard, command: Command, request: CommandRequest) -> bool:
        """Cards of another plan from whom is bound to one, and of another user alike; that an id is taken, never."""
        if isinstance(command, CreateMedCard):
            return False
        caller, origin = request.caller, state.origin
        return bound_plan(caller) not in (None, origin.plan_id) or bound_user(caller) not in (None, origin.user_id)

    def decide(self, state: MedCard | None, command: Command, moment: Moment) -> Event | Refusal | Unchanged:
        caller, told = moment.request.caller, moment.request.told
        context = Context(
            at=moment.at,
            principal=caller.principal,
            role=caller.role,
            command_id=moment.command_id,
            network_closed=told.get(NETWORK_CLOSED, False),
            pharmacy_contracted=told.get(PHARMACY_CONTRACTED, False),
        )
        return decide(state, command, context)

    def evolve(self, state: MedCard | None, event: Event) -> MedCard:
        return evolve(state, event)

    def refuse_foreign(self, command: Command) -> Refusal:
        return CardAlreadyExists() if isinstance(command, CreateMedCard) else CardNotFound()

    def reply(self, state: MedCard, command: Command, outcome: Event | Unchanged, answered: Answered) -> bytes:
        return _encode(answer_of(state, command, outcome, answered))
