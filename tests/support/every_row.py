"""One good request for every row of the command table, and what must have happened before it.

Suites that speak of every row run over these, so that a new row is in all of them, or fails the test of the house.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import msgspec

from ledger.api.commands import COMMANDS
from ledger.api.rest.routes import CommandRoute
from ledger.api.rest.table import COMMAND_ROUTES
from ledger.api.table import Row
from ledger.domain.payment.commands import InitiatePayment, RecordGatewayAccepted
from ledger.domain.payment.events import Customer, Gateway
from ledger.messages.commands import Caller, CommandAnswer, CommandRequest, Outcome, Trace
from tests.support.doors import NOON, Bench

_FOUNDER = Caller("founder", "ADMIN")
"""Who does what comes before an example; nobody's second pair of eyes is its first."""


@dataclass(frozen=True, slots=True)
class Side:
    """Whose things they are: every id that a request of one owner names, and what its token says of it."""

    name: str

    def __getattr__(self, kind: str) -> str:
        return f"{kind}-{self.name}"

    @property
    def claims(self) -> dict[str, str]:
        """Of the token of whoever acts for this side."""
        return {
            "user_id": self.user,
            "pharmacy_id": self.pharmacy,
            "terminal_id": self.terminal,
            "provider_id": self.provider,
            "plan_id": self.plan,
        }


@dataclass(frozen=True, slots=True)
class Example:
    """A request of one command. `after`: those before it, on the same aggregate. `args`: as the table has them."""

    command: str
    after: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    title: str = ""

    def __str__(self) -> str:
        return self.title or self.command

    @property
    def row(self) -> Row:
        return COMMANDS[self.command]

    @property
    def routes(self) -> tuple[CommandRoute, ...]:
        named = {route: {name for name, _ in route.args} for route in COMMAND_ROUTES if route.command == self.command}
        return tuple(route for route, args in named.items() if args == set(self.args))


_CARD, _ACTIVE = ("createMedCard",), ("createMedCard", "activateMedCard")
_CLAIMED = (*_ACTIVE, "claimPrescription")
_FILED = (*_ACTIVE, "fileInsuranceClaim")
_REVIEWED = (*_FILED, "startInsuranceClaimReview")
_REQUESTED = (*_ACTIVE, "requestLimitChange")
_WITH_CHILD = (*_ACTIVE, "addBeneficiary")
_WALLET, _OPEN = ("createWallet",), ("createWallet", "activateWallet")
_RICH = (*_OPEN, "creditWallet")
_HELD = (*_RICH, "placeHold")
_PHARMACY = ("registerPharmacy",)
_TERMINAL = (*_PHARMACY, "registerTerminal")
_OFFLINE = (*_TERMINAL, "openOfflineBatch")
_CLAIM, _CHILD, _REQUEST = ("claimId",), ("beneficiaryId",), ("requestId",)

EXAMPLES = (
    Example("createMedCard"),
    Example("activateMedCard", _CARD),
    Example("suspendMedCard", _ACTIVE),
    Example("closeMedCard", _ACTIVE),
    Example("claimPrescription", _ACTIVE),
    Example("claimPrescriptionOffline", _ACTIVE),
    Example("reversePrescriptionClaim", _CLAIMED),
    Example("reversePrescriptionClaim", _CLAIMED, _CLAIM, "reversePrescriptionClaim by id"),
    Example("renewMedCard", _ACTIVE),
    Example("updateMedCard", _ACTIVE),
    Example("addBeneficiary", _ACTIVE),
    Example("updateBeneficiary", _WITH_CHILD, _CHILD),
    Example("removeBeneficiary", _WITH_CHILD, _CHILD),
    Example("requestLimitChange", _ACTIVE),
    Example("approveLimitChange", _REQUESTED, _REQUEST),
    Example("rejectLimitChange", _REQUESTED, _REQUEST),
    Example("changeCopayment", _ACTIVE),
    Example("changeTier", _ACTIVE),
    Example("fileInsuranceClaim", _ACTIVE),
    Example("startInsuranceClaimReview", _FILED, _CLAIM),
    Example("decideInsuranceClaim", _REVIEWED, _CLAIM),
    Example("payInsuranceClaim", (*_REVIEWED, "decideInsuranceClaim"), _CLAIM),
    Example("appealInsuranceClaim", (*_REVIEWED, "decideInsuranceClaim"), _CLAIM),
    Example("registerPharmacy"),
    Example("contractPharmacy", _PHARMACY),
    Example("suspendPharmacy", (*_PHARMACY, "contractPharmacy")),
    Example("registerTerminal", _PHARMACY),
    Example("revokeTerminal", _TERMINAL, ("terminalId",)),
    Example("openOfflineBatch", _TERMINAL),
    Example("closeOfflineBatch", _OFFLINE),
    Example("createWallet"),
    Example("activateWallet", _WALLET),
    Example("suspendWallet", _OPEN),
    Example("closeWallet", _OPEN),
    Example("changeWalletLimits", _OPEN),
    Example("creditWallet", _OPEN),
    Example("debitWallet", _RICH),
    Example("placeHold", _RICH),
    Example("captureHold", _HELD, ("holdId",)),
    Example("releaseHold", _HELD, ("holdId",)),
    Example("reverseTransaction", _RICH, ("transactionId",)),
    Example("transfer", _RICH),
    Example("initiatePayment", _RICH),
    Example("cancelPayment", ("pay",)),
    Example("refundPayment", ("pay",)),
)
"""`pay`: what a gateway does, for which there is no door yet."""

PUBLIC = tuple(example for example in EXAMPLES if not example.row.terminal_only)
TERMINAL_ONLY = tuple(example for example in EXAMPLES if example.row.terminal_only)


def body_of(command: str, side: Side) -> dict[str, Any]:
    """The fields of a good request: all that the command's form has, but the ids that are made where they are not
    given."""
    return _bodies(side).get(command, {})


def _bodies(side: Side) -> Mapping[str, dict[str, Any]]:
    person = {
        "nationalId": "29001150101234",
        "name": "Ahmed Mohamed",
        "dateOfBirth": "1990-01-15",
        "phoneNumber": "+201234567890",
    }
    item = {"drugCode": "DRUG001", "drugName": "Panadol", "quantity": 2, "unitPrice": "5.00", "totalPrice": "10.00"}
    tracked = {**item, "gtin": "06291100010011", "serial": "s-1", "batch": "b-1", "expiry": "2028-01-31"}
    claim = {
        "prescriptionId": side.prescription,
        "pharmacyId": side.pharmacy,
        "beneficiaryId": side.user,
        "totalAmount": "100.00",
        "items": [item, tracked],
        "fillNumber": 1,
        "serviceDate": "2026-11-22",
        "copaySource": "CASH",
    }
    batch = {"terminalId": side.terminal, "batchId": side.batch, "claims": 1, "amount": "100.00"}
    adjusted = {"amount": "50.00", "currency": "EGP", "reference": "slip 7"}
    reason = {"reason": "as agreed"}
    return {
        "createMedCard": {
            "userId": side.user,
            "planId": side.plan,
            "cardType": "GOLD",
            "primaryHolder": person,
            "expiryDate": "2027-12-31",
            "monthlyLimit": "4000.00",
            "annualLimit": "40000.00",
            "copaymentPercentage": "20.5",
        },
        "suspendMedCard": reason,
        "closeMedCard": reason,
        "claimPrescription": claim,
        "claimPrescriptionOffline": {**claim, "capturedAt": "2026-11-22T09:00:00Z", "sequence": 1},
        "reversePrescriptionClaim": {
            "pharmacyId": side.pharmacy,
            "prescriptionId": side.prescription,
            "fillNumber": 1,
            **reason,
        },
        "reversePrescriptionClaim by id": reason,
        "renewMedCard": {"expiryDate": "2028-12-31"},
        "updateMedCard": {"phoneNumber": "+201234567891", "name": "Ahmed M."},
        "addBeneficiary": {
            "beneficiaryId": side.child,
            "relation": "CHILD",
            "person": {**person, "nationalId": "31501150101234", "dateOfBirth": "2015-01-15"},
            "monthlyLimit": "500.00",
        },
        "updateBeneficiary": {"relation": "OTHER", "person": person, "monthlyLimit": "400.00"},
        "removeBeneficiary": reason,
        "requestLimitChange": {"monthlyLimit": "9000.00", **reason},
        "rejectLimitChange": reason,
        "changeCopayment": {"copaymentPercentage": "10.25", **reason},
        "changeTier": {"cardType": "PLATINUM", **reason},
        "fileInsuranceClaim": {
            "claimId": side.insurance,
            "providerId": side.provider,
            "beneficiaryId": side.user,
            "serviceDate": "2026-11-20",
            "amount": "1000.00",
            "diagnosisCodes": ["J45"],
            "lines": [{"code": "99213", "description": "Consultation", "amount": "400.50"}],
            "documents": ["scan-1"],
        },
        "decideInsuranceClaim": {"approvedAmount": "600.00", "reasonCodes": ["C1"]},
        "payInsuranceClaim": {"amount": "600.00", "reference": "wire-1", "reasonCodes": ["C2"]},
        "appealInsuranceClaim": {"reason": "more papers", "documents": ["scan-2"]},
        "registerPharmacy": {"name": "El Ezaby", "governorate": "Giza", "licence": "GZ-1017"},
        "suspendPharmacy": reason,
        "registerTerminal": {
            "terminalId": side.terminal,
            "offlineClaimsMax": 10,
            "offlineAmountMax": "5000.00",
            "offlineAgeMaxS": 86_400,
        },
        "revokeTerminal": reason,
        "openOfflineBatch": {
            **batch,
            "firstSequence": 1,
            "lastSequence": 1,
            "firstCapturedAt": "2026-11-23T09:00:00Z",
        },
        "closeOfflineBatch": {**batch, "rejectedClaims": 0},
        "createWallet": {
            "userId": side.user,
            "currency": "EGP",
            "ownerClass": "INDIVIDUAL",
        },
        "suspendWallet": reason,
        "closeWallet": reason,
        "changeWalletLimits": {"dailyLimit": "500.00", "monthlyLimit": "5000.00"},
        "creditWallet": {**adjusted, "amount": "200.00", "source": "cash-desk", "transactionId": side.transaction},
        "debitWallet": {**adjusted, "purpose": "shop", "transactionId": side.debit},
        "placeHold": {**adjusted, "holdId": side.hold, "purpose": "shop", "expiresAt": "2026-11-24T09:00:00Z"},
        "captureHold": {"amount": "20.00"},
        "reverseTransaction": reason,
        "transfer": {
            "fromWalletId": side.wallet,
            "toWalletId": "wallet-elsewhere",
            "amount": "10.00",
            "currency": "EGP",
            "reference": "rent",
        },
        "initiatePayment": {
            "walletId": side.wallet,
            "userId": side.user,
            "amount": "500.00",
            "currency": "EGP",
            "gateway": "PAYMOB",
            "method": "CARD",
            "customer": {"name": "Ahmed Mohamed", "phoneNumber": "+201234567890", "email": "a@example.com"},
        },
        "cancelPayment": reason,
        "refundPayment": {"amount": "100.00", "refundId": side.refund, **reason},
    }


@dataclass(frozen=True, slots=True)
class Prepared:
    """An example whose past has happened: the request that is left to send. `aggregate_id` is None where it creates."""

    example: Example
    side: Side
    aggregate_id: str | None
    body: dict[str, Any]
    args: dict[str, str] = field(default_factory=dict)

    def with_body(self, body: Any) -> "Prepared":
        return replace(self, body=body)


_KIND = {"medcard": "card"}


async def prepared(bench: Bench, example: Example, side: Side) -> Prepared:
    """Everything before the example, done by an ADMIN on aggregates that are named after the side."""
    known: dict[str, Any] = {}
    for command in example.after:
        if command == "pay":
            await paid(bench, side)
        else:
            known |= await done_at_the_host(bench, _named(first_of(command, side), known))
    return _named(first_of(example.command, side, example), known)


def first_of(command: str, side: Side, example: Example | None = None) -> Prepared:
    """A request that needs no id of an earlier answer. `example` None: it creates under the side's name."""
    one = example or next(each for each in EXAMPLES if each.command == command)
    body = dict(body_of(str(one), side))
    kind = COMMANDS[command].aggregate_type
    named = getattr(side, _KIND.get(kind, kind))
    if not COMMANDS[command].creates:
        return Prepared(one, side, named, body)
    return Prepared(one, side, None, body if example else {**body, "id": named})


def _named(request: Prepared, known: Mapping[str, Any]) -> Prepared:
    """With the ids that earlier answers gave."""
    return replace(request, args={name: known[name] for name in request.example.args})


async def done_at_the_host(bench: Bench, request: Prepared) -> dict[str, Any]:
    """The accepted answer."""
    answer = await answer_of_host(bench, request, _FOUNDER)
    assert answer.outcome is Outcome.ACCEPTED, (request.example, answer)
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def answer_of_host(bench: Bench, request: Prepared, caller: Caller, key: str = "") -> CommandAnswer:
    """Beside all doors and their rights."""
    row = request.example.row
    aggregate_id = request.aggregate_id or request.body["id"]
    body = msgspec.json.encode(request.body)
    command = CommandRequest(
        row.topic,
        aggregate_id,
        caller,
        key or sha256(repr(request).encode()).hexdigest(),
        row.name,
        body,
        5_000,
        Trace("rest", "c"),
        request.args,
    )
    return await bench.door.submit(command)


async def paid(bench: Bench, side: Side) -> None:
    customer = Customer("Ahmed Mohamed", "+201234567890", "a@example.com")
    initiate = InitiatePayment(side.wallet, side.user, 500_00, "EGP", Gateway.PAYMOB, "CARD", customer)
    pending = RecordGatewayAccepted(side.order, "https://pay.example/1", NOON.replace(hour=23), "1001")
    await bench.payment(side.payment, initiate, pending)
