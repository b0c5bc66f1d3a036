"""Whom a card covers, at the doors: its holder's contact, and its beneficiaries."""

from msgspec import UNSET, UnsetType

from ledger.api.decoding import malformed
from ledger.api.inputs import Input, ReasonInput
from ledger.api.medcards.answers import BeneficiaryAnswer, CardAnswer
from ledger.api.medcards.inputs import PersonInput
from ledger.api.medcards.row import medcard_row, minor
from ledger.api.table import Shape
from ledger.api.wire import Amount, Id, Name, Phone
from ledger.domain.medcard.beneficiary_terms import Relation
from ledger.domain.medcard.commands import AddBeneficiary, RemoveBeneficiary, UpdateBeneficiary, UpdateHolder
from ledger.domain.medcard.events import Person
from ledger.domain.medcard.refusals import BeneficiaryNotFound
from ledger.messages.commands import CommandRequest
from ledger.runtime.family import Malformed

BENEFICIARY_ID = "beneficiaryId"


class UpdateMedCardInput(Input, frozen=True, kw_only=True):
    """The primary holder's contact; what is not given stays."""

    phone_number: Phone | UnsetType = UNSET
    name: Name | UnsetType = UNSET


class AddBeneficiaryInput(Input, frozen=True, kw_only=True):
    """One more person; without a monthly limit of its own the person shares the card's."""

    beneficiary_id: Id
    relation: Relation
    person: PersonInput
    monthly_limit: Amount | None = None


class UpdateBeneficiaryInput(Input, frozen=True, kw_only=True):
    """What is not given stays; `withoutMonthlyLimit` takes the person's own limit away."""

    relation: Relation | UnsetType = UNSET
    person: PersonInput | UnsetType = UNSET
    monthly_limit: Amount | UnsetType = UNSET
    without_monthly_limit: bool = False


def person_of(given: PersonInput) -> Person:
    return Person(given.national_id, given.name, given.date_of_birth, given.phone_number)


def holder_of(given: UpdateMedCardInput, _request: CommandRequest) -> UpdateHolder | Malformed:
    if given == UpdateMedCardInput():
        return malformed("", "a change names at least one field")
    return UpdateHolder(given.phone_number or None, given.name or None)


def add_of(given: AddBeneficiaryInput, _request: CommandRequest) -> AddBeneficiary:
    return AddBeneficiary(given.beneficiary_id, given.relation, person_of(given.person), minor(given.monthly_limit))


def update_of(given: UpdateBeneficiaryInput, request: CommandRequest) -> UpdateBeneficiary | Malformed:
    if given == UpdateBeneficiaryInput():
        return malformed("", "a change names at least one field")
    limit = None if given.monthly_limit is UNSET else given.monthly_limit.minor
    if limit is not None and given.without_monthly_limit:
        return malformed("/withoutMonthlyLimit", "excludes a monthly limit")
    return UpdateBeneficiary(
        beneficiary_id=request.args[BENEFICIARY_ID],
        relation=None if given.relation is UNSET else given.relation,
        person=None if given.person is UNSET else person_of(given.person),
        monthly_limit_minor=limit,
        without_monthly_limit=given.without_monthly_limit,
    )


def remove_of(given: ReasonInput, request: CommandRequest) -> RemoveBeneficiary:
    return RemoveBeneficiary(request.args[BENEFICIARY_ID], given.reason)


PEOPLE_ROWS = (
    medcard_row("updateMedCard", Shape(UpdateMedCardInput, holder_of), CardAnswer, UpdateHolder),
    medcard_row("addBeneficiary", Shape(AddBeneficiaryInput, add_of), BeneficiaryAnswer, AddBeneficiary),
    medcard_row(
        "updateBeneficiary",
        Shape(UpdateBeneficiaryInput, update_of),
        BeneficiaryAnswer,
        UpdateBeneficiary,
        args={BENEFICIARY_ID: BeneficiaryNotFound},
    ),
    medcard_row(
        "removeBeneficiary",
        Shape(ReasonInput, remove_of),
        BeneficiaryAnswer,
        RemoveBeneficiary,
        args={BENEFICIARY_ID: BeneficiaryNotFound},
    ),
)
