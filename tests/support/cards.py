"""Given, when, then for MedCards, and cards to begin with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from ledger.domain.context import Context
from ledger.domain.kinds import Event
from ledger.domain.medcard.commands import ClaimPrescription, Command, CreateMedCard
from ledger.domain.medcard.decide import Decision, decide
from ledger.domain.medcard.events import (
    Item,
    MedCardActivated,
    MedCardCreated,
    Person,
    PrescriptionClaimed,
)
from ledger.domain.medcard.state import MedCard, evolve
from ledger.domain.tiers import CardType

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
TODAY = date(2026, 11, 23)
HOLDER = Person("12345678901234", "Ahmed Mohamed", date(1990, 1, 15), "+201234567890")
PANADOL = Item("DRUG001", "Panadol Extra 500mg", 20, 10_00, 200_00)

CREATE = CreateMedCard(
    user_id="user-123",
    card_type=CardType.GOLD,
    holder=HOLDER,
    expiry_date=date(2027, 12, 31),
    plan_id="default",
    monthly_limit_minor=5_000_00,
    copayment_basis_points=20_00,
)
CREATED = MedCardCreated(
    user_id="user-123",
    card_type=CardType.GOLD,
    plan_id="default",
    currency="EGP",
    monthly_limit_minor=5_000_00,
    annual_limit_minor=None,
    copayment_basis_points=20_00,
    expiry_date=date(2027, 12, 31),
    holder=HOLDER,
)
ACTIVE = (CREATED, MedCardActivated())
CLAIM = ClaimPrescription("rx-789", 0, "pharmacy-101", "user-123", 350_00, (PANADOL,))


def context(command_id: str = "1", *, at: datetime = NOW, role: str = "ADMIN") -> Context:
    return Context(at, "tester", role, command_id)


def card_after(events: Sequence[Event]) -> MedCard | None:
    card: MedCard | None = None
    for event in events:
        card = evolve(card, event)
    return card


def when(given: Sequence[Event], command: Command, at: Context | None = None) -> Decision:
    """What a card with this past answers."""
    return decide(card_after(given), command, at or context())


def paid(**changes: object) -> PrescriptionClaimed:
    """The example's claim as it was paid, with some fields changed."""
    claimed = PrescriptionClaimed(
        claim_id="clm_1",
        prescription_id="rx-789",
        fill_number=0,
        pharmacy_id="pharmacy-101",
        beneficiary_id="user-123",
        service_date=TODAY,
        month="2026-11",
        currency="EGP",
        total_minor=350_00,
        covered_minor=280_00,
        copay_minor=70_00,
        items=(PANADOL,),
        plan_id="default",
    )
    return replace(claimed, **changes)  # type: ignore[arg-type]
