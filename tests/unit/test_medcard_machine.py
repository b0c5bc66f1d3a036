"""A whole card at random: what it answers, and what it adds up to, against a plain model of lists and sums."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ledger.domain.context import Context
from ledger.domain.journal.entries import Side, balance
from ledger.domain.journal.medcard_postings import postings
from ledger.domain.kinds import Event
from ledger.domain.medcard import commands, insurance_events, refusals, terms_events
from ledger.domain.medcard.beneficiary_terms import Relation
from ledger.domain.medcard.card import MedCard
from ledger.domain.medcard.commands import Command
from ledger.domain.medcard.decide import Decision, decide
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    BeneficiaryUpdated,
    MedCardActivated,
    MedCardSuspended,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReleased,
    PrescriptionClaimReserved,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.state import evolve
from ledger.domain.tiers import CardType
from tests.support.card_model import TIERS, ModelCard, ModelClaim, ModelInsurance
from tests.support.cards import CLAIM, CREATED, HOLDER, NOW, PANADOL, card_after

ANNUAL = 9_000_00
MONTHS = ("2026-10", "2026-11", "2026-12")
PEOPLE = ("user-123", "child-1", "child-2")
BORN = (
    replace(CREATED, annual_limit_minor=ANNUAL, monthly_limit_of_tier=True, copayment_of_tier=True),
    MedCardActivated(),
)

keys = st.tuples(st.sampled_from("abcde"), st.integers(0, 1))
amounts = st.integers(1, 3_000_00)
who = st.sampled_from(PEOPLE)
picks = st.integers(0, 10**6)
callers = st.sampled_from(["olga", "peter"])


class CardMachine(RuleBasedStateMachine):
    """Every command of a card, with the answer that the model expects."""

    def __init__(self) -> None:
        super().__init__()
        card = card_after(BORN)
        assert card is not None
        self.card: MedCard = card
        self.events: list[Event] = list(BORN)
        self.model = ModelCard(ANNUAL, NOW)
        self.count = 0

    def do(self, command: Command, principal: str = "olga") -> Decision:
        self.count += 1
        answer = decide(self.card, command, Context(self.model.at, principal, "ADMIN", str(self.count)))
        if isinstance(answer, Event):
            self.card = evolve(self.card, answer)
            self.events.append(answer)
        return answer

    # --- prescriptions ---

    @rule(
        key=keys,
        person=who,
        total=amounts,
        month=st.sampled_from(MONTHS),
        wallet=st.booleans(),
        serial=st.sampled_from([None, None, "S1", "S2"]),
    )
    def claim(
        self, key: tuple[str, int], person: str, total: int, month: str, wallet: bool, serial: str | None
    ) -> None:
        model, total = self.model, max(total, PANADOL.total_price_minor)
        expected, newest = model.answer(key, person, month, serial), model.newest(key)
        copay = model.copay(total)
        covered = min(total - copay, model.remaining(person, month)) if expected == "COVERED" else 0
        answer = self.do(
            replace(
                CLAIM,
                prescription_id=key[0],
                fill_number=key[1],
                beneficiary_id=person,
                total_minor=total,
                items=(replace(PANADOL, serial=serial),),
                service_date=date.fromisoformat(f"{month}-05"),
                wallet_id="wallet-1" if wallet else None,
            )
        )
        match expected:
            case "DUPLICATE":
                assert newest is not None
                assert answer == refusals.ClaimDuplicate(newest.claim_id)
            case "PENDING":
                assert newest is not None
                assert answer == refusals.ClaimPending(newest.claim_id)
            case "VOIDED":
                assert isinstance(answer, PrescriptionClaimVoided)
                model.drop_void(key)
            case "COVERED":
                reserves = wallet and covered < total
                assert isinstance(answer, PrescriptionClaimReserved if reserves else PrescriptionClaimed)
                assert isinstance(answer, PrescriptionClaimReserved | PrescriptionClaimed)
                assert (answer.covered_minor, answer.copay_minor) == (covered, copay)
                assert answer.wallet_minor == (total - covered if reserves else 0)
                assert model.covered(month) + covered <= model.limit
                model.claims.append(
                    ModelClaim(
                        answer.claim_id,
                        key,
                        person,
                        month,
                        total,
                        covered,
                        reserves,
                        serial,
                        "RESERVED" if reserves else "PAID",
                    )
                )
            case reason:
                assert isinstance(answer, PrescriptionClaimRejected)
                assert answer.reject_codes == (reason,)

    @precondition(lambda self: self.model.claims)
    @rule(pick=picks, funded=st.booleans())
    def fund(self, pick: int, funded: bool) -> None:
        claim = self.model.claims[pick % len(self.model.claims)]
        command = commands.ConfirmClaim(claim.claim_id) if funded else commands.ReleaseClaim(claim.claim_id, "x")
        answer = self.do(command)
        if claim.state == "RELEASED":
            assert answer == refusals.ClaimReleasedBefore(claim.claim_id)
        elif claim.state == "RESERVED":
            assert isinstance(answer, PrescriptionClaimed if funded else PrescriptionClaimReleased)
            assert answer.covered_minor == claim.covered
            claim.state = "PAID" if funded else "RELEASED"
        elif funded:
            assert answer == refusals.ClaimConfirmedBefore(claim.claim_id)
        else:
            assert answer == refusals.InvalidState(claim.state)

    @rule(key=keys)
    def reverse(self, key: tuple[str, int]) -> None:
        model, newest = self.model, self.model.newest(key)
        answer = self.do(commands.ReversePrescription("pharmacy-101", *key, ""))
        if newest is not None:
            self.taken_back(newest, answer)
        elif model.void_waits(key):
            assert answer == refusals.VoidPendingBefore()
        else:
            assert isinstance(answer, PrescriptionVoidPending)
            model.put_void(key)

    @precondition(lambda self: self.model.claims)
    @rule(pick=picks, pharmacy=st.sampled_from([None, "pharmacy-101", "pharmacy-2"]))
    def reverse_by_id(self, pick: int, pharmacy: str | None) -> None:
        claim = self.model.claims[pick % len(self.model.claims)]
        answer = self.do(commands.ReverseClaim(claim.claim_id, pharmacy, ""))
        if pharmacy == "pharmacy-2":
            assert answer == refusals.ClaimNotFound()
        else:
            self.taken_back(claim, answer)

    def taken_back(self, claim: ModelClaim, answer: Decision) -> None:
        if not claim.takes_cover:
            assert answer == refusals.ClaimReversedBefore(claim.claim_id)
            return
        paid = claim.state == "PAID"
        assert isinstance(answer, PrescriptionClaimReversed if paid else PrescriptionClaimReleased)
        assert answer.covered_minor == claim.covered
        claim.state = "REVERSED" if paid else "RELEASED"

    # --- the card, whom it covers, its terms ---

    @rule(active=st.booleans())
    def suspend_or_activate(self, active: bool) -> None:
        wanted = "ACTIVE" if active else "SUSPENDED"
        answer = self.do(commands.ActivateMedCard() if active else commands.SuspendMedCard("x"))
        if wanted == self.model.status:
            assert answer == refusals.InvalidState(wanted)
        else:
            assert isinstance(answer, MedCardActivated if active else MedCardSuspended)
            self.model.status = wanted

    @rule(days=st.integers(1, 20))
    def wait(self, days: int) -> None:
        self.model.at += timedelta(days=days)

    @rule(person=who, limit=st.none() | amounts)
    def add_person(self, person: str, limit: int | None) -> None:
        answer = self.do(commands.AddBeneficiary(person, Relation.CHILD, HOLDER, limit))
        if person in self.model.people:
            assert answer == refusals.BeneficiaryAlreadyCovered()
        else:
            assert isinstance(answer, BeneficiaryAdded)
            self.model.people[person] = limit

    @rule(person=who, limit=st.none() | amounts, free=st.booleans())
    def limit_person(self, person: str, limit: int | None, free: bool) -> None:
        answer = self.do(commands.UpdateBeneficiary(person, None, None, limit, free))
        if person not in self.model.people:
            assert answer == refusals.BeneficiaryNotFound()
        else:
            assert isinstance(answer, BeneficiaryUpdated)
            self.model.people[person] = None if free else limit or self.model.people[person]

    @rule(person=who)
    def remove_person(self, person: str) -> None:
        answer = self.do(commands.RemoveBeneficiary(person, "x"))
        if person not in self.model.people:
            assert answer == refusals.BeneficiaryNotFound()
        elif person == "user-123":
            assert answer == refusals.PrimaryHolderStays()
        else:
            assert isinstance(answer, BeneficiaryRemoved)
            del self.model.people[person]

    @rule(limit=st.integers(0, 12_000_00), principal=callers)
    def ask_for_limit(self, limit: int, principal: str) -> None:
        answer = self.do(commands.RequestLimitChange(limit, "x"), principal)
        if limit == 0:
            assert answer == refusals.LimitNotPositive()
        elif limit <= TIERS[self.model.tier][0]:
            assert answer == terms_events.MonthlyLimitChanged(limit, "x", None)
            self.model.own_limit = limit
        else:
            assert isinstance(answer, terms_events.MonthlyLimitChangeRequested)
            self.model.requests.append((answer.request_id, limit, principal))

    @precondition(lambda self: self.model.requests)
    @rule(pick=picks, principal=callers, good=st.booleans())
    def answer_request(self, pick: int, principal: str, good: bool) -> None:
        request = self.model.requests[pick % len(self.model.requests)]
        request_id, limit, asked_by = request
        command = commands.ApproveLimitChange(request_id) if good else commands.RejectLimitChange(request_id, "no")
        answer = self.do(command, principal)
        if principal == asked_by:
            assert answer == refusals.ApproverIsRequester()
            return
        assert isinstance(answer, Event)
        self.model.requests.remove(request)
        if good:
            self.model.own_limit = limit
        assert self.do(command, principal) == refusals.RequestNotFound()

    @rule(basis_points=st.integers(-1, 100_01))
    def change_copayment(self, basis_points: int) -> None:
        answer = self.do(commands.ChangeCopayment(basis_points, "x"))
        if 0 <= basis_points <= 100_00:
            assert answer == terms_events.CopaymentChanged(basis_points, "x")
            self.model.own_percent = Fraction(basis_points, 100)
        else:
            assert answer == refusals.CopaymentOutOfRange()

    @rule(tier=st.sampled_from(CardType))
    def change_tier(self, tier: CardType) -> None:
        names, before = list(TIERS), self.model.tier
        answer = self.do(commands.ChangeTier(tier, "x"))
        if tier == before:
            assert answer == refusals.TierUnchanged()
            return
        up = names.index(tier) > names.index(before)
        self.model.tier = str(tier)
        assert isinstance(answer, terms_events.TierUpgraded if up else terms_events.TierDowngraded)

    # --- insurance ---

    @rule(person=who, claimed=amounts)
    def file(self, person: str, claimed: int) -> None:
        answer = self.do(commands.FileInsuranceClaim("clinic-1", person, date(2026, 3, 1), claimed, (), ()))
        if person not in self.model.people:
            assert answer == refusals.BeneficiaryNotCovered()
        else:
            assert isinstance(answer, insurance_events.InsuranceClaimFiled)
            self.model.insurance.append(ModelInsurance(answer.claim_id, person, claimed))

    def insured(self, pick: int) -> ModelInsurance:
        return self.model.insurance[pick % len(self.model.insurance)]

    @precondition(lambda self: self.model.insurance)
    @rule(pick=picks, step=st.sampled_from(["review", "appeal"]))
    def review_or_appeal(self, pick: int, step: str) -> None:
        claim = self.insured(pick)
        reviews = step == "review"
        good = ("FILED", "APPEALED") if reviews else ("REJECTED", "PARTIALLY_APPROVED")
        command = commands.StartReview if reviews else commands.AppealInsuranceClaim
        answer = self.do(command(claim.claim_id, *(() if reviews else ("x",))))
        if claim.status in good:
            assert isinstance(answer, Event)
            claim.status = "UNDER_REVIEW" if reviews else "APPEALED"
        else:
            assert answer == refusals.InvalidState(claim.status)

    @precondition(lambda self: self.model.insurance)
    @rule(pick=picks, approved=st.integers(0, 3_100_00), all_of_it=st.booleans())
    def decide_claim(self, pick: int, approved: int, all_of_it: bool) -> None:
        claim = self.insured(pick)
        approved = claim.claimed if all_of_it else approved
        free = ANNUAL - self.model.drawn() + claim.approved
        answer = self.do(commands.DecideInsuranceClaim(claim.claim_id, approved))
        if claim.status != "UNDER_REVIEW":
            assert answer == refusals.InvalidState(claim.status)
        elif approved > claim.claimed:
            assert answer == refusals.ApprovedExceedsClaimed(claim.claimed)
        elif approved > free:
            assert answer == refusals.AnnualLimitExceeded(free)
        else:
            assert isinstance(answer, Event)
            claim.approved = approved
            claim.status = {0: "REJECTED", claim.claimed: "APPROVED"}.get(approved, "PARTIALLY_APPROVED")

    @precondition(lambda self: self.model.insurance)
    @rule(pick=picks, paid=amounts)
    def pay_claim(self, pick: int, paid: int) -> None:
        claim = self.insured(pick)
        answer = self.do(commands.RecordInsurancePayment(claim.claim_id, paid, "wire"))
        if claim.status not in ("APPROVED", "PARTIALLY_APPROVED"):
            assert answer == refusals.InvalidState(claim.status)
        elif paid > claim.approved:
            assert answer == refusals.PaidExceedsApproved(claim.approved)
        else:
            assert isinstance(answer, insurance_events.InsuranceClaimPaid)
            claim.paid, claim.status = paid, "PAID"

    # --- what it all adds up to ---

    @invariant()
    def limits_remain_as_the_sums_say(self) -> None:
        model, card = self.model, self.card
        for month in MONTHS:
            assert card.covered_by_month.get(month, 0) == model.covered(month)
            for person, beneficiary in card.beneficiaries.items():
                assert card.cover_remaining_minor(beneficiary, month) == model.remaining(person, month)
        assert set(card.beneficiaries) == set(model.people)
        assert card.year_remaining_minor("2026") == ANNUAL - model.drawn() >= 0

    @invariant()
    def terms_are_those_of_the_model(self) -> None:
        assert self.card.monthly_limit_minor == self.model.limit
        assert Fraction(self.card.copayment_basis_points, 100) == self.model.percent
        assert set(self.card.reserved) == {c.claim_id for c in self.model.claims if c.state == "RESERVED"}
        assert {c.claim_id: str(c.status) for c in self.card.insurance_claims.values()} == {
            c.claim_id: c.status for c in self.model.insurance
        }

    def teardown(self) -> None:
        """The journal says what the claims say, and the past alone makes the same card."""
        lines = [line for event in self.events for line in postings(event, "card-1")]
        assert not any(balance(lines).values())
        owed: dict[str, int] = defaultdict(int)
        for line in lines:
            owed[line.account] += line.amount_minor if line.side is Side.CREDIT else -line.amount_minor
        paid = [claim for claim in self.model.claims if claim.state == "PAID"]
        shares = sum(claim.total - claim.covered for claim in paid if claim.from_wallet)
        assert owed["pharmacy:pharmacy-101:payable"] == sum(claim.covered for claim in paid) + shares
        assert owed["transfers:clearing"] == -shares
        to_provider = sum(claim.approved - claim.paid for claim in self.model.insurance)
        assert owed["provider:clinic-1:payable"] == to_provider
        assert owed["payer:default:receivable"] == -sum(claim.covered for claim in paid) - to_provider
        assert card_after(self.events) == self.card


TestCardMachine = CardMachine.TestCase
TestCardMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
