"""The command table and the MedCard family: who may, what a body means, and what is answered."""

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from ledger.api.commands import COMMANDS
from ledger.api.medcards.family import MedCardFamily
from ledger.api.pharmacies.family import PharmacyFamily
from ledger.api.rights import COMMAND_RIGHTS, NOBODY, QUERY_RIGHTS, Role, may_give
from ledger.domain.kinds import Event, Refusal
from ledger.domain.medcard.commands import ClaimPrescription, CreateMedCard, ReverseClaim, ReversePrescription
from ledger.domain.medcard.refusals import CardAlreadyExists, CardNotFound, ClaimNotFound
from ledger.messages.commands import Caller, CommandRequest, Trace
from ledger.runtime.draft import request_hash
from ledger.runtime.family import Answered, Malformed, Moment, NotYours
from tests.support.doors import CARD, CLAIM, NOON

ADMIN = Caller("admin-1", "ADMIN")
PHARMACY = Caller("till", "PHARMACY", pharmacy_id="pharmacy-101", terminal_id="t-17")


def request(name: str, body: Any, caller: Caller = ADMIN, **args: str) -> CommandRequest:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return CommandRequest("medcard", "medcard-456", caller, "key", name, raw, 1_000, Trace("rest", "c"), args)


@dataclass
class Card:
    """One card, decided and evolved as a host would."""

    family: MedCardFamily = field(default_factory=MedCardFamily)
    state: Any = None
    version: int = 0

    def give(self, name: str, body: Any, caller: Caller = ADMIN, **args: str) -> Any:
        given = request(name, body, caller, **args)
        command = self.family.parse(given)
        assert not isinstance(command, Malformed | NotYours), command
        moment = Moment(NOON, f"c{self.version}", given)
        outcome = self.family.decide(self.state, command, moment)
        if isinstance(outcome, Refusal):
            return outcome
        if isinstance(outcome, Event):
            self.state, self.version = self.family.evolve(self.state, outcome), self.version + 1
        answered = Answered(given.aggregate_id, f"medcard/1@{self.version}", self.version)
        # Amounts as texts: `350.00` and 350.0 are not the same answer.
        decoder = msgspec.json.Decoder(dict[str, Any], float_hook=str)
        return decoder.decode(self.family.reply(self.state, command, outcome, answered))


@pytest.fixture
def active() -> Card:
    card = Card()
    card.give("createMedCard", CARD)
    card.give("activateMedCard", {})
    return card


def test_an_admin_may_everything() -> None:
    assert all("ADMIN" in roles for roles in [*COMMAND_RIGHTS.values(), *QUERY_RIGHTS.values()])


def test_the_families_of_a_topic_know_every_row_of_it_and_share_none() -> None:
    cards, pharmacies = set(MedCardFamily().commands), set(PharmacyFamily().commands)
    assert cards | pharmacies == {row.name for row in COMMANDS.values() if row.topic == "medcard"}
    assert not cards & pharmacies
    assert COMMANDS["createMedCard"].codes[-1] == "limit_needs_approval"


def test_a_new_card_answers_with_the_warnings_of_its_national_id() -> None:
    assert Card().give("createMedCard", CARD) == {
        "medCardId": "medcard-456",
        "status": "PENDING",
        "warnings": [{"code": "national_id_structure", "path": "/primaryHolder/nationalId"}],
        "position": "medcard/1@1",
        "version": 1,
    }


def test_creating_the_same_card_again_answers_the_same_fields(active: Card) -> None:
    again = active.give("createMedCard", CARD)
    assert (again["medCardId"], again["status"], again["version"]) == ("medcard-456", "ACTIVE", 2)
    assert active.give("createMedCard", {**CARD, "cardType": "SILVER"}) == CardAlreadyExists()


def test_the_products_example_is_adjudicated(active: Card) -> None:
    assert active.give("claimPrescription", CLAIM) == {
        "claimId": "clm_c2",
        "medCardId": "medcard-456",
        "prescriptionId": "rx-789",
        "status": "PAID",
        "currency": "EGP",
        "total": "350.00",
        "covered": "280.00",
        "copay": "70.00",
        "patientPays": "70.00",
        "remainingMonthlyLimit": "4720.00",
        "month": "2026-11",
        "rejectCodes": [],
        "ncpdpCodes": [],
        "warnings": [],
        "position": "medcard/1@3",
        "version": 3,
    }


def test_a_repeated_claim_answers_the_first_ones_amounts(active: Card) -> None:
    first = active.give("claimPrescription", CLAIM)
    again = active.give("claimPrescription", CLAIM.replace("350.00", "900.00"))
    same = ("claimId", "total", "covered", "copay", "patientPays", "month")
    assert {name: again[name] for name in same} == {name: first[name] for name in same}
    assert (again["status"], again["ncpdpCodes"]) == ("DUPLICATE", ["83"])


def test_a_rejected_claim_is_the_patients_to_pay(active: Card) -> None:
    answer = active.give("claimPrescription", CLAIM.replace("user-123", "user-999"))
    assert (answer["status"], answer["rejectCodes"], answer["ncpdpCodes"]) == (
        "REJECTED",
        ["beneficiary_not_covered"],
        ["65"],
    )
    assert (answer["covered"], answer["copay"], answer["patientPays"]) == ("0.00", "0.00", "350.00")


def test_a_reversal_that_comes_first_voids_the_claim(active: Card) -> None:
    reversal = {"pharmacyId": "pharmacy-101", "prescriptionId": "rx-789"}
    pending = active.give("reversePrescriptionClaim", reversal)
    assert (pending["claimId"], pending["status"], pending["restored"]) == (None, "VOID_PENDING", "0.00")
    assert active.give("reversePrescriptionClaim", reversal)["status"] == "VOID_PENDING"
    voided = active.give("claimPrescription", CLAIM)
    assert (voided["status"], voided["covered"], voided["patientPays"]) == ("VOIDED", "0.00", "0.00")


def test_a_reversal_restores_the_limit_and_may_be_repeated(active: Card) -> None:
    claim_id = active.give("claimPrescription", CLAIM)["claimId"]
    once = active.give("reversePrescriptionClaim", {"reason": "wrong patient"}, claimId=claim_id)
    assert (once["claimId"], once["status"], once["restored"]) == (claim_id, "REVERSED", "280.00")
    again = active.give("reversePrescriptionClaim", {"pharmacyId": "pharmacy-101", "prescriptionId": "rx-789"})
    assert (again["claimId"], again["status"], again["restored"]) == (claim_id, "REVERSED", "280.00")


def test_a_pharmacy_speaks_for_itself_only(active: Card) -> None:
    family, elsewhere = MedCardFamily(), Caller("till", "PHARMACY", pharmacy_id="pharmacy-999")
    reversal = {"pharmacyId": "pharmacy-101", "prescriptionId": "rx-789"}
    for name, body in (("claimPrescription", CLAIM), ("reversePrescriptionClaim", reversal)):
        assert isinstance(family.parse(request(name, body, PHARMACY)), ClaimPrescription | ReversePrescription)
        assert isinstance(family.parse(request(name, body, elsewhere)), NotYours)
        assert isinstance(family.parse(request(name, body, Caller("till", "PHARMACY"))), NotYours)
    claim_id = active.give("claimPrescription", CLAIM, PHARMACY)["claimId"]
    assert active.give("reversePrescriptionClaim", {}, elsewhere, claimId=claim_id) == ClaimNotFound()
    assert active.give("reversePrescriptionClaim", {}, PHARMACY, claimId=claim_id)["status"] == "REVERSED"


@pytest.mark.parametrize(
    ("caller", "only_of"), [(ADMIN, None), (PHARMACY, "pharmacy-101"), (Caller("p", "PHARMACY"), NOBODY)]
)
def test_a_reversal_by_claim_id_carries_whose_claims_it_may_take_back(caller: Caller, only_of: str | None) -> None:
    found = MedCardFamily().parse(request("reversePrescriptionClaim", {}, caller, claimId="clm_1"))
    assert found == ReverseClaim("clm_1", only_of, "")


def test_a_copayment_from_a_wallet_is_not_available_yet() -> None:
    found = MedCardFamily().parse(request("claimPrescription", {**json.loads(CLAIM), "copaySource": "WALLET"}))
    assert isinstance(found, Malformed)
    assert [(error["code"], error["path"]) for error in found.errors] == [("not_available", "/copaySource")]


def test_an_id_of_another_kind_is_taken_or_not_found() -> None:
    family = MedCardFamily()
    create, claim = family.parse(request("createMedCard", CARD)), family.parse(request("claimPrescription", CLAIM))
    assert isinstance(create, CreateMedCard)
    assert isinstance(claim, ClaimPrescription)
    assert family.refuse_foreign(create) == CardAlreadyExists()
    assert family.refuse_foreign(claim) == CardNotFound()


def test_the_request_hash_sees_through_spelling() -> None:
    family, pepper = MedCardFamily(), b"pepper"
    spelled = json.loads(CLAIM) | {"totalAmount": "350.0", "fillNumber": 0, "copaySource": "CASH"}
    hashes = {
        request_hash("claimPrescription", family.parse(request("claimPrescription", body)), None, pepper)
        for body in (CLAIM, spelled)
    }
    assert len(hashes) == 1


def test_a_service_may_what_its_scopes_name_but_is_never_the_second_of_four_eyes() -> None:
    everything = Caller("job", Role.SERVICE, scopes=tuple(COMMANDS))
    assert {name for name in COMMANDS if not may_give(everything, name)} == {"approveLimitChange", "rejectLimitChange"}
    assert not any(may_give(Caller("job", Role.SERVICE), name) for name in COMMANDS)
