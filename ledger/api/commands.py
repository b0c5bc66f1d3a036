"""The command table. REST routes, GraphQL mutations and terminal messages are spellings of its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.api.answers import CardAnswer, ClaimAnswer, ReversalAnswer
from ledger.api.inputs import (
    ClaimPrescriptionInput,
    CreateMedCardInput,
    NoInput,
    ReasonInput,
    ReversePrescriptionInput,
)
from ledger.api.medcard_commands import (
    activate_of,
    claim_of,
    close_of,
    create_of,
    is_own_pharmacy,
    reverse_claim_of,
    reverse_prescription_of,
    suspend_of,
)
from ledger.api.rights import COMMAND_RIGHTS
from ledger.domain.kinds import Refusal
from ledger.domain.medcard.refusals import (
    CardAlreadyExists,
    CardClosed,
    CardNotFound,
    ClaimNotFound,
    CopaymentOutOfRange,
    ExpiryInPast,
    InvalidState,
    LimitNeedsApproval,
    LimitNotPositive,
)
from ledger.messages.commands import Caller, CommandRequest
from ledger.runtime.family import Malformed, refusal_code

CLAIM_ID = "claimId"
"""The path parameter that names a claim."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of a command's body, and the domain's command that it stands for."""

    input: type[msgspec.Struct]
    to_command: Callable[[Any, CommandRequest], Any | Malformed]


def _anyone(_caller: Caller, _command: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Row:
    """A command. `own`: whether this caller may give it for the object it names, once the role allows it at all.

    `by_claim`: the form of the body where the request names a claim by its id.
    """

    name: str
    topic: str
    shape: Shape
    answer: type[msgspec.Struct]
    missing: type[Refusal]
    refusals: tuple[type[Refusal], ...]
    own: Callable[[Caller, Any], bool] = _anyone
    new_id_prefix: str | None = None
    by_claim: Shape | None = None

    @property
    def creates(self) -> bool:
        return self.new_id_prefix is not None

    @property
    def codes(self) -> tuple[str, ...]:
        """The refusals of this command, in the order in which they are checked."""
        return tuple(map(code_of, self.refusals))

    def allows(self, role: str) -> bool:
        return role in COMMAND_RIGHTS[self.name]

    def shape_for(self, args: Mapping[str, str]) -> Shape:
        return self.by_claim if self.by_claim is not None and CLAIM_ID in args else self.shape


def code_of(refusal: type[Refusal]) -> str:
    return refusal_code(refusal.__new__(refusal))


def _medcard(name: str, shape: Shape, answer: type[msgspec.Struct], *refusals: type[Refusal], **more: Any) -> Row:
    return Row(name, "medcard", shape, answer, CardNotFound, refusals, **more)


_ROWS = (
    _medcard(
        "createMedCard",
        Shape(CreateMedCardInput, create_of),
        CardAnswer,
        CardAlreadyExists,
        ExpiryInPast,
        LimitNotPositive,
        CopaymentOutOfRange,
        LimitNeedsApproval,
        new_id_prefix="mc_",
    ),
    _medcard("activateMedCard", Shape(NoInput, activate_of), CardAnswer, CardNotFound, CardClosed, InvalidState),
    _medcard("suspendMedCard", Shape(ReasonInput, suspend_of), CardAnswer, CardNotFound, CardClosed, InvalidState),
    _medcard("closeMedCard", Shape(ReasonInput, close_of), CardAnswer, CardNotFound, CardClosed),
    _medcard(
        "claimPrescription", Shape(ClaimPrescriptionInput, claim_of), ClaimAnswer, CardNotFound, own=is_own_pharmacy
    ),
    _medcard(
        "reversePrescriptionClaim",
        Shape(ReversePrescriptionInput, reverse_prescription_of),
        ReversalAnswer,
        CardNotFound,
        ClaimNotFound,
        own=is_own_pharmacy,
        by_claim=Shape(ReasonInput, reverse_claim_of),
    ),
)

COMMANDS: Mapping[str, Row] = {row.name: row for row in _ROWS}

assert set(COMMANDS) == set(COMMAND_RIGHTS), "rights.toml and the command table name the same commands"
