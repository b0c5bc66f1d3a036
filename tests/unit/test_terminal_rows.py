"""Rows of terminals alone, and what the families of cards and pharmacies answer to every outcome."""

import json
from typing import Any

import msgspec
import pytest

from ledger.api.commands import COMMANDS
from ledger.api.medcards.family import MedCardFamily
from ledger.api.pharmacies.family import PharmacyFamily
from ledger.api.rest.table import COMMAND_ROUTES
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.medcard.commands import ClaimPrescription, ConfirmClaim, ReleaseClaim, ReverseClaim
from ledger.messages.commands import Caller, CommandRequest, Trace
from ledger.runtime.family import Answered, Malformed, Moment, NotYours
from tests.support.doors import CARD, CLAIM, NOON, Bench, code_of, edge

ADMIN = Caller("admin-1", "ADMIN")
TILL = Caller("till", "PHARMACY", pharmacy_id="pharmacy-101", terminal_id="t-17")
OFFLINE = {**json.loads(CLAIM), "capturedAt": "2026-11-22T21:30:00Z", "sequence": 7}
OPEN = {
    "terminalId": "t-17",
    "batchId": "b-1",
    "firstSequence": 1,
    "lastSequence": 2,
    "claims": 2,
    "amount": "700.00",
    "firstCapturedAt": "2026-11-23T08:00:00+02:00",
}
CLOSE = {"terminalId": "t-17", "batchId": "b-1", "claims": 2, "rejectedClaims": 0, "amount": 700}


class Actor:
    """One aggregate, decided and evolved as a host would."""

    def __init__(self, family: Any, aggregate_id: str) -> None:
        self.family = family
        self.aggregate_id = aggregate_id
        self.state: Any = None
        self.version = 0

    def request(self, name: str, body: Any, caller: Caller = ADMIN, **args: str) -> CommandRequest:
        raw = json.dumps(body).encode()
        return CommandRequest("medcard", self.aggregate_id, caller, "k", name, raw, 1_000, Trace("rest", "c"), args)

    def give(self, name: str, body: Any, caller: Caller = ADMIN, **args: str) -> Any:
        request = self.request(name, body, caller, **args)
        command = self.family.parse(request)
        assert not isinstance(command, Malformed | NotYours), command
        return self.decide(command, request)

    def decide(self, command: Any, request: CommandRequest | None = None) -> Any:
        """The answer's JSON, amounts as texts; or the refusal."""
        moment = Moment(NOON, f"c{self.version}", request or self.request("", {}))
        outcome: Event | Refusal | Unchanged = self.family.decide(self.state, command, moment)
        if isinstance(outcome, Refusal):
            return outcome
        if isinstance(outcome, Event):
            self.state, self.version = self.family.evolve(self.state, outcome), self.version + 1
        answered = Answered(self.aggregate_id, f"medcard/1@{self.version}", self.version)
        reply = self.family.reply(self.state, command, outcome, answered)
        return msgspec.json.Decoder(dict[str, Any], float_hook=str).decode(reply)


@pytest.fixture
def card() -> Actor:
    made = Actor(MedCardFamily(), "medcard-456")
    made.give("createMedCard", CARD)
    made.give("activateMedCard", {})
    return made


@pytest.fixture
def pharmacy() -> Actor:
    made = Actor(PharmacyFamily(), "pharmacy-101")
    made.give("registerPharmacy", {"name": "El Ezaby", "governorate": "Giza", "licence": "GZ-1"})
    terminal = {"terminalId": "t-17", "offlineClaimsMax": 5, "offlineAmountMax": 1000, "offlineAgeMaxS": 86_400}
    made.give("registerTerminal", terminal)
    return made


# What only terminals may say.


def test_every_row_has_a_route_save_those_of_terminals() -> None:
    routed = {route.command for route in COMMAND_ROUTES}
    assert {name for name in COMMANDS if name not in routed} == {
        name for name, row in COMMANDS.items() if row.terminal_only
    }
    assert {name for name, row in COMMANDS.items() if row.terminal_only} == {
        "claimPrescriptionOffline",
        "openOfflineBatch",
        "closeOfflineBatch",
    }


async def test_no_other_door_takes_a_terminals_command() -> None:
    async with edge() as bench:
        await bench.active_card()
        member = {"command": "claimPrescriptionOffline", "key": "k", "id": "medcard-456", "body": OFFLINE}
        [result] = (await bench.post("/api/v1/batch", {"commands": [member]})).json()["results"]
        assert (result["status"], result["body"]["detail"]) == (400, "no command has that name")
        assert await unknown_to_graphql(bench)


async def unknown_to_graphql(bench: Bench) -> bool:
    answer = await bench.post("/graphql", {"query": "mutation { openOfflineBatch { success } }"})
    return answer.status_code == 400 and "openOfflineBatch" in answer.json()["errors"][0]["message"]


async def test_a_claim_online_has_no_captured_time() -> None:
    async with edge() as bench:
        await bench.active_card()
        refused = await bench.post("/api/v1/medcards/medcard-456/claims/prescriptions", OFFLINE)
        assert code_of(refused, 400) == "unknown_field"


def test_a_claim_that_was_captured_offline_counts_on_the_day_of_its_capture(card: Actor) -> None:
    found = card.family.parse(card.request("claimPrescriptionOffline", OFFLINE, TILL))
    assert isinstance(found, ClaimPrescription)
    assert (found.captured_at, found.sequence) == (NOON.replace(day=22, hour=21, minute=30), 7)
    before = {**OFFLINE, "capturedAt": "2026-10-31T12:00:00Z"}
    assert card.give("claimPrescriptionOffline", before, TILL)["month"] == "2026-10"
    elsewhere = Caller("till", "PHARMACY", pharmacy_id="pharmacy-999")
    assert isinstance(card.family.parse(card.request("claimPrescriptionOffline", OFFLINE, elsewhere)), NotYours)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"capturedAt": "2026-11-22T21:30:00"}, "/capturedAt"),
        ({"capturedAt": "0001-01-01T00:00:00+14:00"}, "/capturedAt"),
        ({"sequence": 0}, "/sequence"),
        ({"copaySource": "WALLET"}, "/copaySource"),
    ],
)
def test_a_captured_claim_is_checked(card: Actor, changed: dict[str, Any], path: str) -> None:
    found = card.family.parse(card.request("claimPrescriptionOffline", {**OFFLINE, **changed}, TILL))
    assert isinstance(found, Malformed)
    assert [error["path"] for error in found.errors] == [path]


def test_a_terminal_opens_and_closes_its_own_batches(pharmacy: Actor) -> None:
    opened = pharmacy.give("openOfflineBatch", OPEN, TILL)
    assert (opened["status"], opened["nextSequence"], opened["batchId"]) == ("OPEN", 3, "b-1")
    assert pharmacy.give("openOfflineBatch", OPEN, TILL)["version"] == opened["version"]
    assert pharmacy.give("closeOfflineBatch", CLOSE, TILL)["status"] == "CLOSED"
    assert pharmacy.give("openOfflineBatch", OPEN, TILL)["status"] == "CLOSED"
    for caller in (
        Caller("till", "PHARMACY", pharmacy_id="pharmacy-101", terminal_id="t-18"),
        Caller("till", "PHARMACY", pharmacy_id="pharmacy-999", terminal_id="t-17"),
        Caller("till", "PHARMACY"),
    ):
        assert isinstance(pharmacy.family.parse(pharmacy.request("openOfflineBatch", OPEN, caller)), NotYours)


@pytest.mark.parametrize("changed", [{"amount": -1}, {"claims": -1}, {"firstCapturedAt": "0001-01-01T00:00:00+14:00"}])
def test_a_batch_is_checked(pharmacy: Actor, changed: dict[str, Any]) -> None:
    found = pharmacy.family.parse(pharmacy.request("openOfflineBatch", {**OPEN, **changed}, TILL))
    assert isinstance(found, Malformed)


# What a request must name.


def test_a_command_without_its_argument_is_malformed(card: Actor) -> None:
    for name, path in (("removeBeneficiary", "/beneficiaryId"), ("startInsuranceClaimReview", "/claimId")):
        found = card.family.parse(card.request(name, {}))
        assert isinstance(found, Malformed)
        assert [error["path"] for error in found.errors] == [path]


# Every outcome has its answer.


def wallet_claim(prescription: str = "rx-1") -> ClaimPrescription:
    return ClaimPrescription(prescription, 0, "pharmacy-101", "user-123", 350_00, (), wallet_id="wallet-1")


def test_a_claim_from_a_wallet_is_pending_until_it_is_confirmed(card: Actor) -> None:
    reserved = card.decide(wallet_claim())
    assert (reserved["status"], reserved["covered"], reserved["patientPays"]) == ("PENDING", "280.00", "70.00")
    again = card.decide(wallet_claim())
    assert (again["status"], again["claimId"], again["version"]) == ("PENDING", reserved["claimId"], 3)
    paid = card.decide(ConfirmClaim(reserved["claimId"]))
    assert (paid["status"], paid["covered"]) == ("PAID", "280.00")
    once_more = card.decide(ConfirmClaim(reserved["claimId"]))
    assert (once_more["status"], once_more["claimId"], once_more["covered"]) == ("PAID", reserved["claimId"], "280.00")


def test_a_claim_that_the_wallet_does_not_fund_is_rejected(card: Actor) -> None:
    claim_id = card.decide(wallet_claim())["claimId"]
    for _ in range(2):
        released = card.decide(ReleaseClaim(claim_id, "empty"))
        assert (released["status"], released["rejectCodes"]) == ("REJECTED", ["copay_not_funded"])
        assert (released["covered"], released["patientPays"], released["remainingMonthlyLimit"]) == (
            "0.00",
            "350.00",
            "5000.00",
        )
    assert card.decide(ConfirmClaim(claim_id))["status"] == "REJECTED"


def test_a_reserved_claim_that_its_pharmacy_takes_back_is_reversed(card: Actor) -> None:
    claim_id = card.decide(wallet_claim())["claimId"]
    for _ in range(2):
        taken_back = card.decide(ReverseClaim(claim_id, None, "wrong patient"))
        assert (taken_back["status"], taken_back["restored"], taken_back["claimId"]) == ("REVERSED", "280.00", claim_id)
