"""Whom a card covers: its primary holder, and the beneficiaries that come and go."""

from dataclasses import replace

from ledger.domain.calendar import cairo_date
from ledger.domain.context import Context
from ledger.domain.kinds import Erased, Event, Refusal
from ledger.domain.medcard.beneficiary_terms import beneficiaries_max_on
from ledger.domain.medcard.card import Beneficiary, MedCard
from ledger.domain.medcard.commands import AddBeneficiary, RemoveBeneficiary, UpdateBeneficiary, UpdateHolder
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    BeneficiaryUpdated,
    HolderUpdated,
    Person,
)
from ledger.domain.medcard.refusals import (
    BeneficiariesMax,
    BeneficiaryAlreadyCovered,
    BeneficiaryNotFound,
    LimitNotPositive,
    PrimaryHolderStays,
)


def update_holder(command: UpdateHolder, card: MedCard, _context: Context) -> Event:
    """The holder's phone and name. A holder who was erased stays erased: there is no person to put them to."""
    person = card.holder.person
    if isinstance(person, Person):
        person = replace(
            person,
            phone_number=person.phone_number if command.phone_number is None else command.phone_number,
            name=person.name if command.name is None else command.name,
        )
    return HolderUpdated(card.origin.user_id, person)


def add(command: AddBeneficiary, card: MedCard, context: Context) -> Event | Refusal:
    """One more person, also one who was removed before: what that person used of a month still counts."""
    if command.beneficiary_id in card.beneficiaries:
        return BeneficiaryAlreadyCovered()
    beneficiaries_max = beneficiaries_max_on(cairo_date(context.at))
    if len(card.beneficiaries) >= beneficiaries_max:
        return BeneficiariesMax(beneficiaries_max)
    if command.monthly_limit_minor is not None and command.monthly_limit_minor <= 0:
        return LimitNotPositive()
    return BeneficiaryAdded(
        beneficiary_id=command.beneficiary_id,
        relation=command.relation,
        monthly_limit_minor=command.monthly_limit_minor,
        person=command.person,
    )


def update(command: UpdateBeneficiary, card: MedCard, _context: Context) -> Event | Refusal:
    """Of the primary holder only the monthly limit changes here."""
    who = card.beneficiaries.get(command.beneficiary_id)
    if who is None:
        return BeneficiaryNotFound()
    if command.beneficiary_id == card.origin.user_id and (command.relation is not None or command.person is not None):
        return PrimaryHolderStays()
    if command.monthly_limit_minor is not None and command.monthly_limit_minor <= 0:
        return LimitNotPositive()
    return BeneficiaryUpdated(
        beneficiary_id=command.beneficiary_id,
        relation=who.relation if command.relation is None else command.relation,
        monthly_limit_minor=_limit_after(command, who),
        person=_person_after(command, who),
    )


def _limit_after(command: UpdateBeneficiary, who: Beneficiary) -> int | None:
    if command.without_monthly_limit:
        return None
    return who.monthly_limit_minor if command.monthly_limit_minor is None else command.monthly_limit_minor


def _person_after(command: UpdateBeneficiary, who: Beneficiary) -> Person | Erased:
    return who.person if command.person is None else command.person


def remove(command: RemoveBeneficiary, card: MedCard, _context: Context) -> Event | Refusal:
    """Ends the cover of new claims. What was decided, reserved or filed for this person before goes its way."""
    if command.beneficiary_id not in card.beneficiaries:
        return BeneficiaryNotFound()
    if command.beneficiary_id == card.origin.user_id:
        return PrimaryHolderStays()
    return BeneficiaryRemoved(command.beneficiary_id, command.reason)
