"""One good question for every query, in REST's words and in GraphQL's, and a world in which each has an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

import httpx

from ledger.messages.commands import Caller
from tests.support.doors import Bench
from tests.support.every_row import Side, answer_of_host, done_at_the_host, first_of, paid

OURS, THEIRS = Side("ours"), Side("theirs")
AT = "2026-11-23T10:00:00Z"
_CLAIMS = "/api/v1/medcards/$card/claims/prescriptions"
_INSURANCE = "/api/v1/medcards/$card/claims/insurance"
_NODES = "{ nodes { id } }"


@dataclass(frozen=True, slots=True)
class Question:
    """A query. `rest` and `graphql` name ids as in `$card`; either is empty where that door does not have it.

    `shows`: what stands in the answer if, and only if, the side's object is shown. `needs`: what a scope must name.
    """

    query: str
    rest: str
    graphql: str
    shows: str
    title: str = ""
    needs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.title or self.query

    @property
    def scopes(self) -> tuple[str, ...]:
        return (self.query, *self.needs)


def _history(kind: str, query: str, named: str, rest: str = "") -> Question:
    """Of an aggregate of one kind; beyond cards it is GraphQL's alone."""
    asked = f'eventHistory(aggregateType: {kind}, aggregateId: "${named}") {{ items {{ version }} }}'
    return Question("eventHistory", rest, asked, '"version":1', f"eventHistory of a {named}", (query,))


QUESTIONS = (
    Question(
        "commandStatus",
        "/api/v1/commands/$key?topic=medcard&aggregate=$card",
        'commandStatus(topic: medcard, aggregateId: "$card", key: "$key") { status }',
        "ACCEPTED",
    ),
    _history("medcard", "medCard", "card", "/api/v1/medcards/$card/history"),
    _history("wallet", "wallet", "wallet"),
    _history("payment", "payment", "payment"),
    _history("pharmacy", "pharmacy", "pharmacy"),
    Question(
        "eventHistory",
        f"/api/v1/medcards/$card/history?at={AT}",
        f'medCardAt(id: "$card", at: "{AT}") {{ medCardId }}',
        "$card",
        "eventHistory at a moment",
        needs=("medCard",),
    ),
    Question(
        "journalEntries",
        "/api/v1/journal/entries?account=wallet:$wallet",
        'journalEntries(filter: {account: "wallet:$wallet"}) { nodes { account } }',
        "wallet:$wallet",
    ),
    Question(
        "trialBalance",
        "/api/v1/journal/trial-balance?prefix=wallet:$wallet",
        'trialBalance(prefix: "wallet:$wallet") { accounts { account } }',
        "wallet:$wallet",
    ),
    Question("auditLog", "/api/v1/audit", "", "items"),
    Question("systemStatus", "/api/v1/system/status", "systemStatus { partitions { topic } }", '"topic":"medcard"'),
    Question("medCard", "/api/v1/medcards/$card", 'medCard(id: "$card") { id }', "$card"),
    Question("medCards", "/api/v1/medcards", f"medCards {_NODES}", "$card"),
    Question(
        "beneficiaries",
        "/api/v1/medcards/$card/beneficiaries",
        'beneficiaries(medCardId: "$card") { beneficiaryId }',
        "$user",
    ),
    Question("monthlySpend", "/api/v1/medcards/$card/spend", 'monthlySpend(medCardId: "$card") { medCardId }', "$card"),
    Question(
        "prescriptionClaim",
        _CLAIMS + "/$claim",
        'prescriptionClaim(medCardId: "$card", claimId: "$claim") { id }',
        "$claim",
    ),
    Question("prescriptionClaims", _CLAIMS, f'prescriptionClaims(medCardId: "$card") {_NODES}', "$claim"),
    Question(
        "eligibility",
        "/api/v1/medcards/$card/eligibility?beneficiary=$user",
        'eligibility(medCardId: "$card", beneficiaryId: "$user") { medCardId }',
        "$card",
    ),
    Question(
        "pharmacyClaims",
        "/api/v1/pharmacies/$pharmacy/claims",
        f'pharmacyClaims(pharmacyId: "$pharmacy") {_NODES}',
        "$claim",
    ),
    Question(
        "pharmacyTotals",
        "/api/v1/pharmacies/$pharmacy/totals",
        'pharmacyTotals(pharmacyId: "$pharmacy") { pharmacyId claims }',
        '"claims":2',
    ),
    Question(
        "pharmacyRejections",
        "/api/v1/pharmacies/$pharmacy/rejections",
        f'pharmacyRejections(pharmacyId: "$pharmacy") {_NODES}',
        "$rejection",
    ),
    Question("pharmacy", "/api/v1/pharmacies/$pharmacy", 'pharmacy(id: "$pharmacy") { id }', "$pharmacy"),
    Question(
        "terminals",
        "/api/v1/pharmacies/$pharmacy/terminals",
        'pharmacy(id: "$pharmacy") { terminals { id } }',
        "$terminal",
        needs=("pharmacy",),
    ),
    Question("pharmacies", "/api/v1/pharmacies", f"pharmacies {_NODES}", "$pharmacy"),
    Question(
        "insuranceClaim",
        _INSURANCE + "/$insurance",
        'insuranceClaim(medCardId: "$card", claimId: "$insurance") { id }',
        "$insurance",
    ),
    Question("insuranceClaims", _INSURANCE, f'insuranceClaims(medCardId: "$card") {_NODES}', "$insurance"),
    Question("insuranceClaims", "", f"insuranceClaims {_NODES}", "$insurance", "insuranceClaims of all cards"),
    Question("wallet", "/api/v1/wallets/$wallet", 'wallet(id: "$wallet") { id }', "$wallet"),
    Question("wallets", "/api/v1/wallets", f"wallets {_NODES}", "$wallet"),
    Question(
        "walletBalance", "/api/v1/wallets/$wallet/balance", 'walletBalance(walletId: "$wallet") { walletId }', "$wallet"
    ),
    Question(
        "transactions",
        "/api/v1/wallets/$wallet/transactions",
        f'transactions(walletId: "$wallet") {_NODES}',
        "$transaction",
    ),
    Question("payment", "/api/v1/payments/$payment", 'payment(id: "$payment") { id }', "$payment"),
    Question("payments", "/api/v1/payments", f"payments {_NODES}", "$payment"),
)

"""Each query once at least; more often where who may depends on what it is asked of."""

Ids = Mapping[str, str]
"""What the templates name."""


async def furnished(bench: Bench, side: Side) -> Ids:
    """One of everything that belongs to a side."""
    known: dict[str, Any] = {}
    for command in _HISTORY:
        known |= await done_at_the_host(bench, first_of(command, side))
    claim = first_of("claimPrescription", side)
    paid_claim = await done_at_the_host(bench, claim)
    refused = {**claim.body, "prescriptionId": "rx-refused", "beneficiaryId": "stranger", "items": []}
    rejected = await done_at_the_host(bench, claim.with_body(refused))
    await paid(bench, side)
    names = ("card", "user", "pharmacy", "terminal", "wallet", "payment", "transaction", "insurance")
    ids = {name: getattr(side, name) for name in names}
    return {**ids, "claim": paid_claim["claimId"], "rejection": rejected["claimId"]}


_HISTORY = (
    *("createMedCard", "activateMedCard", "fileInsuranceClaim"),
    *("createWallet", "activateWallet", "creditWallet"),
    *("registerPharmacy", "registerTerminal"),
)


async def with_key(bench: Bench, side: Side, caller: Caller) -> str:
    """The key of a command that this caller gave on the side's card."""
    request = first_of("updateMedCard", side)
    await answer_of_host(bench, request, caller, key := f"key-{caller.principal}")
    return key


async def asked_by_rest(bench: Bench, question: Question, ids: Ids, role: str, **claims: Any) -> httpx.Response:
    return await bench.get(Template(question.rest).substitute(ids), role, claims=claims)


async def asked_by_graphql(bench: Bench, question: Question, ids: Ids, role: str, **claims: Any) -> httpx.Response:
    query = f"{{ {Template(question.graphql).substitute(ids)} }}"
    return await bench.post("/graphql", {"query": query}, role, **claims)
