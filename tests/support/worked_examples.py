"""One story through every route of REST, whose requests and answers are the examples of the OpenAPI document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from ledger.api.commands import COMMANDS
from ledger.api.rest.batch import PATH as BATCH_PATH
from ledger.api.rest.links import operation_id
from ledger.api.rest.table import COMMAND_ROUTES, QUERY_ROUTES
from ledger.messages.envelope import parse_positions
from tests.support.doors import Bench
from tests.support.every_row import Side, paid

ROUTES: Mapping[str, tuple[str, str]] = {
    **{operation_id(route): (route.method, route.path) for route in COMMAND_ROUTES},
    **{route.query: ("GET", route.path) for route in QUERY_ROUTES},
    "batch": ("POST", BATCH_PATH),
}
NOT_BUILT_YET = {name for name, row in COMMANDS.items() if row.codes == ("not_available",)}
"""What has no answer but a refusal."""

CARD, WALLET, PHARMACY = {"id": "medcard-456"}, {"id": "wallet-1"}, {"id": "pharmacy-101"}
PERSON = {
    "nationalId": "31501150101234",
    "name": "Mona Ahmed",
    "dateOfBirth": "2015-01-15",
    "phoneNumber": "+201234567891",
}
LEAFLET = [
    {"drugCode": "DRUG001", "drugName": "Panadol Extra 500mg", "quantity": 20, "unitPrice": 10, "totalPrice": 200}
]


@dataclass(frozen=True, slots=True)
class Step:
    """One request. `path`: its parameters; `$name` stands for what an answer before gave under that name.

    `shown`: whether it is the example of its operation, and not what must come before another one.
    """

    operation: str
    path: Mapping[str, str] = field(default_factory=dict)
    request: Mapping[str, Any] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    role: str = "ADMIN"
    shown: bool = True


_FILED = {
    "claimId": "insurance-1",
    "providerId": "hospital-7",
    "beneficiaryId": "user-123",
    "serviceDate": "2026-11-20",
    "amount": 1000,
    "diagnosisCodes": ["J45"],
    "lines": [{"code": "99213", "description": "Consultation", "amount": 400.5}],
    "documents": ["scan-1"],
}
_CLAIM = {**CARD, "claim": "insurance-1"}
_TERMINAL = {"terminalId": "terminal-1", "offlineClaimsMax": 50, "offlineAmountMax": 10000, "offlineAgeMaxS": 86400}

STORY = (
    Step(
        "registerPharmacy", request={"id": "pharmacy-101", "name": "El Ezaby", "governorate": "Giza", "licence": "GZ-1"}
    ),
    Step("contractPharmacy", PHARMACY),
    Step("registerTerminal", PHARMACY, _TERMINAL),
    Step(
        "createMedCard",
        request={
            "id": "medcard-456",
            "userId": "user-123",
            "cardType": "GOLD",
            "monthlyLimit": 5000,
            "copaymentPercentage": 20,
            "primaryHolder": {
                "nationalId": "12345678901234",
                "name": "Ahmed Mohamed",
                "dateOfBirth": "1990-01-15",
                "phoneNumber": "+201234567890",
            },
            "expiryDate": "2027-12-31",
        },
        headers={"idempotency-key": "create-medcard-456"},
    ),
    Step("commandStatus", {"key": "create-medcard-456"}, query={"topic": "medcard", "aggregate": "medcard-456"}),
    Step("activateMedCard", CARD),
    Step(
        "claimPrescription",
        CARD,
        {
            "prescriptionId": "rx-789",
            "pharmacyId": "pharmacy-101",
            "beneficiaryId": "user-123",
            "totalAmount": 350,
            "items": LEAFLET,
        },
    ),
    Step("medCard", CARD),
    Step("medCards", query={"userId": "user-123"}),
    Step("prescriptionClaims", CARD, query={"status": "PAID"}),
    Step("prescriptionClaim", {**CARD, "claim": "$claimId"}),
    Step("monthlySpend", CARD, query={"month": "2026-11"}),
    Step("eligibility", CARD, query={"beneficiary": "user-123"}),
    Step("pharmacyClaims", PHARMACY, query={"month": "2026-11"}),
    Step("pharmacyTotals", PHARMACY, query={"date": "2026-11-23"}),
    Step(
        "claimPrescription",
        CARD,
        {"prescriptionId": "rx-790", "pharmacyId": "pharmacy-101", "beneficiaryId": "user-9", "totalAmount": 80},
        shown=False,
    ),
    Step("pharmacyRejections", PHARMACY, query={"month": "2026-11"}),
    Step("eventHistory", CARD, query={"limit": 2}),
    Step(
        "reversePrescriptionClaim",
        {**CARD},
        {"pharmacyId": "pharmacy-101", "prescriptionId": "rx-789", "reason": "not collected"},
    ),
    Step(
        "claimPrescription",
        CARD,
        {"prescriptionId": "rx-791", "pharmacyId": "pharmacy-101", "beneficiaryId": "user-123", "totalAmount": 100},
        shown=False,
    ),
    Step("reversePrescriptionClaimById", {**CARD, "claim": "$claimId"}, {"reason": "entered twice"}),
    Step("updateMedCard", CARD, {"phoneNumber": "+201234567899"}),
    Step("renewMedCard", CARD, {"expiryDate": "2028-12-31"}),
    Step(
        "addBeneficiary",
        CARD,
        {"beneficiaryId": "user-124", "relation": "CHILD", "person": PERSON, "monthlyLimit": 500},
    ),
    Step("updateBeneficiary", {**CARD, "beneficiary": "user-124"}, {"monthlyLimit": 750}),
    Step("beneficiaries", CARD),
    Step("removeBeneficiary", {**CARD, "beneficiary": "user-124"}, {"reason": "has a card of its own"}),
    Step("requestLimitChange", CARD, {"monthlyLimit": 9000, "reason": "chronic illness"}, role="OPERATOR"),
    Step("approveLimitChange", {**CARD, "request": "$requestId"}, role="APPROVER"),
    Step("requestLimitChange", CARD, {"monthlyLimit": 12000}, role="OPERATOR", shown=False),
    Step("rejectLimitChange", {**CARD, "request": "$requestId"}, {"reason": "too high"}, role="APPROVER"),
    Step("changeCopayment", CARD, {"copaymentPercentage": 12.5, "reason": "loyalty"}),
    Step("changeTier", CARD, {"cardType": "PLATINUM"}),
    Step("fileInsuranceClaim", CARD, _FILED),
    Step("startInsuranceClaimReview", _CLAIM),
    Step("decideInsuranceClaim", _CLAIM, {"approvedAmount": 600, "reasonCodes": ["PARTIAL-COVER"]}),
    Step("appealInsuranceClaim", _CLAIM, {"reason": "the report was missing", "documents": ["scan-2"]}),
    Step("startInsuranceClaimReview", _CLAIM, shown=False),
    Step("decideInsuranceClaim", _CLAIM, {"approvedAmount": 1000}, shown=False),
    Step("payInsuranceClaim", _CLAIM, {"amount": 1000, "reference": "wire-20261123-1"}),
    Step("insuranceClaim", _CLAIM),
    Step("insuranceClaims", CARD, query={"status": "PAID"}),
    Step("createWallet", request={"id": "wallet-1", "userId": "user-123", "currency": "EGP"}),
    Step("activateWallet", WALLET),
    Step("creditWallet", WALLET, {"amount": 1000, "source": "cash-desk", "reference": "receipt-1"}),
    Step("debitWallet", WALLET, {"amount": 350, "purpose": "purchase", "reference": "till-7"}),
    Step("reverseTransaction", {**WALLET, "transaction": "$transactionId"}, {"reason": "goods returned"}),
    Step(
        "placeHold",
        WALLET,
        {"holdId": "hold-1", "amount": 400, "purpose": "order", "expiresAt": "2026-12-01T09:00:00Z"},
    ),
    Step("captureHold", {**WALLET, "hold": "hold-1"}, {"amount": 150.5}),
    Step("placeHold", WALLET, {"holdId": "hold-2", "amount": 100}, shown=False),
    Step("releaseHold", {**WALLET, "hold": "hold-2"}),
    Step("changeWalletLimits", WALLET, {"dailyLimit": 500}),
    Step("wallet", WALLET),
    Step("wallets", query={"userId": "user-123"}),
    Step("walletBalance", WALLET),
    Step("transactions", WALLET, query={"limit": 2}),
    Step("journalEntries", query={"account": "wallet:wallet-1", "limit": 2}),
    Step("trialBalance", query={"prefix": "wallet:", "limit": 2}),
    Step("suspendWallet", WALLET, {"reason": "lost phone"}),
    Step("createWallet", request={"id": "wallet-2", "userId": "user-123"}, shown=False),
    Step("closeWallet", {"id": "wallet-2"}, {"reason": "opened twice"}),
    Step("payment", {"id": "payment-1"}),
    Step("payments", query={"userId": "user-1"}),
    Step("cancelPayment", {"id": "payment-1"}, {"reason": "customer left"}),
    Step("batch", request={"commands": [{"command": "activateWallet", "id": "wallet-1", "key": "activate-wallet-1"}]}),
    Step("terminals", PHARMACY),
    Step("pharmacy", PHARMACY),
    Step("pharmacies", query={"governorate": "Giza"}),
    Step("revokeTerminal", {**PHARMACY, "terminal": "terminal-1"}, {"reason": "stolen"}),
    Step("suspendPharmacy", PHARMACY, {"reason": "under inquiry"}),
    Step("suspendMedCard", CARD, {"reason": "lost card"}),
    Step("closeMedCard", CARD, {"reason": "left the plan"}),
    Step("closeMedCardByDelete", {"id": "medcard-457"}),
    Step("auditLog", query={"what": "medCard", "limit": 1}),
    Step("systemStatus"),
)
UNTOLD = {
    "transfer": {"fromWalletId": "wallet-1", "toWalletId": "wallet-2", "amount": 250, "reference": "rent"},
    "initiatePayment": {
        "walletId": "wallet-1",
        "userId": "user-123",
        "amount": 500,
        "gateway": "PAYMOB",
        "method": "CARD",
        "customer": {"name": "Ahmed Mohamed", "phoneNumber": "+201234567890", "email": "ahmed@example.com"},
    },
    "refundPayment": {"amount": 100, "reason": "cancelled order"},
}
"""The requests of what is not built yet."""


async def told(bench: Bench) -> dict[str, dict[str, Any]]:
    """The examples by operation: `path`, `query`, `request`, `answer`, as far as each has them."""
    story = _Story(bench)
    await paid(bench, Side("1"))
    await bench.post("/api/v1/medcards", {**_request_of("createMedCard"), "id": "medcard-457"})
    found = {}
    for step in STORY:
        shown = await story.tell(step)
        if step.shown:
            found[step.operation] = shown
    return {**found, **{name: {"request": request} for name, request in UNTOLD.items()}}


def _request_of(operation: str) -> dict[str, Any]:
    return dict(next(step.request for step in STORY if step.operation == operation) or {})


class _Story:
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._named: dict[str, str] = {}
        self._ends: dict[Any, int] = {}

    async def tell(self, step: Step) -> dict[str, Any]:
        method, template = ROUTES[step.operation]
        path = {name: self._named[text[1:]] if text.startswith("$") else text for name, text in step.path.items()}
        address = template.format(**path) + (f"?{urlencode(step.query)}" if step.query else "")
        headers = {"min-position": self._everything, **step.headers}
        body = None if step.request is None else json.dumps(step.request)
        answer = await self._bench.send(method, address, body, step.role, headers=headers)
        assert answer.status_code in (200, 201), (step, answer.text)
        self._remember(answer)
        shown = {"path": path, "query": dict(step.query), "request": step.request}
        return {**{name: value for name, value in shown.items() if value}, "answer": answer.json()}

    @property
    def _everything(self) -> str:
        return ",".join(f"{partition}@{offset}" for partition, offset in self._ends.items())

    def _remember(self, answer: httpx.Response) -> None:
        """Ids for the steps that follow, and where the log has come to."""
        self._named |= {name: value for name, value in answer.json().items() if isinstance(value, str)}
        position = answer.headers.get("ledger-position")
        if position:
            self._ends |= parse_positions(position) or {}
