"""Cards at random through the runtime and the real store, every answer held against a plain model of lists and sums."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from ledger.api.medcards.family import MedCardFamily
from ledger.clocks import ManualClock, SystemIds
from ledger.domain.medcard.card import MedCard
from ledger.keys.postgres_keyring import PostgresKeyRing
from ledger.messages.commands import Caller, CommandAnswer, CommandRequest, Trace, decode_requests, encode_requests
from ledger.messages.envelope import DIGEST_OF_NOTHING, PartitionId, chained_digest, partition_of, position_text
from ledger.postgres.connections import connect_for_hints, open_pool
from ledger.runtime.host import AggregateHost
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.store.hints import PostgresHints
from ledger.store.postgres_log import PostgresEventLog
from ledger.store.postgres_snapshots import PostgresSnapshots
from tests.support.faulty_log import FaultyLog
from tests.support.plain_cards import NATIONAL_IDS, NEW, TIERS, Asked, PlainCard, Told, text

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]

PARTITIONS = 512
"""Two for every run of the machine."""
FIRST_DAY = datetime(2026, 1, 20, 10, tzinfo=UTC)
"""Long ago, so that the days that pass do not run ahead of the store's clock."""
LAST_DAY = datetime(2026, 11, 20, 10, tzinfo=UTC)

_decoder = msgspec.json.Decoder(float_hook=str)

# --- what is asked ---------------------------------------------------------------------------------------------------

keys = st.fixed_dictionaries(
    {"prescriptionId": st.sampled_from("abc"), "pharmacyId": st.sampled_from(["ph-1", "ph-1", "ph-2"])},
    optional={"fillNumber": st.integers(0, 1)},
)
amounts = st.integers(1, 900_00) | st.sampled_from([5_000_00, 3, 1])
days = st.sampled_from(["2026-01-20", "2026-01-31", "2026-02-01", "2026-12-31", "2027-01-01", "2025-12-31"])


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    quantity, price = draw(st.integers(1, 3)), draw(st.integers(1, 100_00))
    item = {"drugCode": "D1", "drugName": "Panadol", "quantity": quantity, "unitPrice": price}
    item["totalPrice"] = quantity * price + draw(st.sampled_from([0, 0, 0, 0, 1]))
    return item | draw(st.sampled_from([{}, {}, {"serial": "S1"}, {"serial": "S2"}]))


@st.composite
def claims(draw: st.DrawFn) -> dict[str, Any]:
    body = draw(keys) | {"beneficiaryId": draw(st.sampled_from(["user-1"] * 4 + ["child-1", "child-1", "child-2"]))}
    lines = draw(st.lists(items(), max_size=2))
    body["totalAmount"] = max(1, sum(item["totalPrice"] for item in lines) + draw(amounts) - draw(st.integers(0, 1)))
    return body | draw(st.fixed_dictionaries({}, optional={"serviceDate": days, "items": st.just(lines)}))


@st.composite
def creations(draw: st.DrawFn, wrong: bool) -> dict[str, Any]:
    holder = {"name": "Ahmed", "dateOfBirth": "1990-01-15", "phoneNumber": "+201234567890"}
    body = {
        "userId": "user-1",
        "cardType": draw(st.sampled_from(list(TIERS))),
        "primaryHolder": holder | {"nationalId": draw(st.sampled_from(list(NATIONAL_IDS)))},
        "expiryDate": draw(st.sampled_from(["2027-12-31"] * 4 + ["2026-06-15"] + ["2020-01-01"] * wrong)),
    }
    percentages = [Fraction(0), Fraction(33), Fraction(125, 10)] + [Fraction(101)] * wrong
    optional = {
        "monthlyLimit": st.sampled_from([500_00, 900_00, 800_00] + [20_000_00, 0] * wrong),
        "annualLimit": st.sampled_from([1_500_00, 9_000_00] + [0] * wrong),
        "copaymentPercentage": st.sampled_from(percentages),
    }
    return body | draw(st.fixed_dictionaries({}, optional=optional))


@dataclass(frozen=True)
class Draft:
    """A command before it has a key and a time. `again` and `other`: as one that was sent before, or with its key."""

    name: str
    card: int = 0
    body: Any = None
    caller: str = "admin"
    pick: int = 0
    version: int | None = None


callers = st.sampled_from(["admin"] * 6 + ["olga", "ph-1", "ph-1", "ph-2"])
versions = st.sampled_from([None] * 19 + [3])
reasons = st.fixed_dictionaries({}, optional={"reason": st.sampled_from(["", "lost"])})
nothing: st.SearchStrategy[dict[str, Any]] = st.just({})


def command(name: str, bodies: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Draft]:
    cards = st.sampled_from([1, 1, 1, 1, 2, 2, 0])
    return st.builds(Draft, st.just(name), cards, bodies, callers, st.integers(0, 50), version=versions)


tiers = st.fixed_dictionaries({"cardType": st.sampled_from(list(TIERS))})
expiries = st.fixed_dictionaries({"expiryDate": st.sampled_from(["2026-12-31", "2028-12-31"])})
shares = st.sampled_from([Fraction(10), Fraction(255, 10), Fraction(101)])
own_limits = st.sampled_from([50_00, 120_00, 300_00, 0])
limits = st.fixed_dictionaries({"monthlyLimit": st.sampled_from([400_00, 1_200_00, 12_000_00, 0])})
CHILD = {"nationalId": "12345678901234", "name": "Mona", "dateOfBirth": "2015-02-01", "phoneNumber": "+201234567890"}
additions = st.fixed_dictionaries(
    {
        "beneficiaryId": st.sampled_from(["child-1", "child-1", "child-2", "user-1"]),
        "relation": st.just("CHILD"),
        "person": st.just(CHILD),
    },
    optional={"monthlyLimit": own_limits},
)
updates = st.one_of(
    st.fixed_dictionaries({"monthlyLimit": own_limits}),
    st.just({"withoutMonthlyLimit": True}),
    st.just({"relation": "SPOUSE", "person": CHILD}),
)

WEIGHTS = (
    (1, command("renewMedCard", expiries)),
    (1, command("changeCopayment", st.fixed_dictionaries({"copaymentPercentage": shares}))),
    (1, command("changeTier", tiers)),
    (1, command("requestLimitChange", limits)),
    (1, command("approveLimitChange", nothing)),
    (1, command("rejectLimitChange", nothing)),
    (3, command("addBeneficiary", additions)),
    (2, command("updateBeneficiary", updates)),
    (1, command("removeBeneficiary", nothing)),
    (18, command("claimPrescription", claims())),
    (3, command("reversePrescriptionClaim", keys)),
    (3, command("reverse by id", reasons)),
    (3, command("again", nothing)),
    (1, command("other", nothing)),
    (2, command("createMedCard", creations(wrong=True))),
    (3, command("activateMedCard", nothing)),
    (1, command("suspendMedCard", reasons)),
)
drafts = st.sampled_from([kind for weight, kind in WEIGHTS for _ in range(weight)]).flatmap(lambda kind: kind)


# --- how it is spelled on the wire -----------------------------------------------------------------------------------

_MONEY = ("monthlyLimit", "annualLimit", "totalAmount", "unitPrice", "totalPrice")


def wire(value: Any, spelling: int, name: str = "") -> Any:
    """Amounts as numbers or as texts: another spelling is the same request."""
    if name in _MONEY:
        return text(value) if spelling % 2 else value / 100
    if isinstance(value, Fraction):
        return str(float(value)) if spelling % 2 else float(value)
    if isinstance(value, dict):
        return {key: wire(member, spelling, key) for key, member in value.items()}
    return [wire(member, spelling) for member in value] if isinstance(value, list) else value


def caller_of(name: str) -> Caller:
    if name.startswith("ph-"):
        return Caller(name, "PHARMACY", pharmacy_id=name, terminal_id="t-1")
    return Caller(name, "ADMIN" if name == "admin" else "OPERATOR")


@dataclass(frozen=True)
class Sent:
    """A command with its key, and what the model says to it."""

    card: str
    asked: Asked
    caller: Caller
    key: str

    def request(self, spelling: int) -> CommandRequest:
        body = json.dumps(wire(dict(self.asked.body), spelling)).encode()
        trace, args = Trace("rest", "c-1"), dict(self.asked.args)
        version = self.asked.expected_version
        name = self.asked.name
        return CommandRequest("medcard", self.card, self.caller, self.key, name, body, 20_000, trace, args, version)


# --- the store and the host ------------------------------------------------------------------------------------------


class Stage:
    """A fresh database of the real server, and a host on it that is started again and again.

    Every run has partitions of its own in it, so that its offsets and its time begin at the beginning.
    """

    def __init__(self, dsn: str) -> None:
        self.runner = asyncio.Runner()
        self.clock = ManualClock(FIRST_DAY)
        self.unused = iter(range(PARTITIONS))
        self.runner.run(self._open(dsn))

    async def _open(self, dsn: str) -> None:
        self.pool = await open_pool(dsn, 2, 5_000, 2_000)
        self.hints = PostgresHints(lambda: connect_for_hints(dsn, 2_000))
        self.log = FaultyLog(PostgresEventLog(self.pool, self.hints))
        await self.log.lay_out(["medcard"], PARTITIONS, ["h"])
        await self.start(100)

    def fresh_cards(self) -> list[str]:
        """Ids of three cards that live in two partitions which nobody has written to yet."""
        first, second = next(self.unused), next(self.unused)
        self.clock.set(FIRST_DAY)
        return [_id_in(partition, name) for partition, name in ((first, "a"), (second, "b"), (second, "c"))]

    async def start(self, residents: int) -> None:
        keyring = PostgresKeyRing(self.pool, bytes(32), self.clock, SystemIds())
        families, snapshots = {"medcard": MedCardFamily()}, PostgresSnapshots(self.pool)
        around = Surroundings(self.log, keyring, self.clock, SystemIds(), families, snapshots)
        limits = HostLimits(append_lanes=2, aggregates_resident_max=residents, snapshot_every_events=4)
        self.host = AggregateHost("h", around, limits)
        await self.host.start()

    async def restart(self, residents: int) -> None:
        await self.host.stop()
        await self.start(residents)

    async def submit(self, requests: list[CommandRequest], together: bool) -> list[CommandAnswer]:
        """In one call as the edge makes it, or in as many calls at once as there are commands."""
        requests = decode_requests(encode_requests(requests))
        if together:
            return await self.host.submit(requests)
        return [answer for [answer] in await asyncio.gather(*(self.host.submit([request]) for request in requests))]

    async def _close(self) -> None:
        await self.host.stop()
        await self.hints.close()
        self.pool.terminate()

    def close(self) -> None:
        with self.runner:
            self.runner.run(self._close())


def _id_in(partition: int, name: str) -> str:
    ids = (f"card-{name}-{number}" for number in itertools.count())
    return next(each for each in ids if partition_of("medcard", each, PARTITIONS).partition == partition)


# --- the machine -----------------------------------------------------------------------------------------------------


class CardsMachine(RuleBasedStateMachine):
    """Batches of commands, retries and conflicts among them; each answer is known before it comes."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.ids = self.stage.fresh_cards()
        self.cards = {card: PlainCard() for card in self.ids}
        self.sent: list[Sent] = []
        self.answers: dict[str, CommandAnswer] = {}
        self.firsts: dict[str, Sent] = {}
        self.keys = itertools.count()
        self.sound = True

    @initialize(first=creations(wrong=False), second=creations(wrong=False))
    def begins(self, first: dict[str, Any], second: dict[str, Any]) -> None:
        """Two cards, one of them in use; the third comes when it comes."""
        drafts = [Draft("createMedCard", 1, first), Draft("activateMedCard", 1, {}), Draft("createMedCard", 2, second)]
        self.submit(drafts, 0, True, 0, None, None)

    @rule(
        batch=st.lists(drafts, min_size=1, max_size=6),
        spelling=st.integers(0, 1),
        together=st.booleans(),
        days=st.sampled_from([0] * 6 + [1, 10, 31]),
        restart=st.sampled_from([None] * 12 + [0, 2, 100]),
        fault=st.sampled_from([None] * 8 + ["lost before", "lost after"]),
    )
    def submit(
        self, batch: list[Draft], spelling: int, together: bool, days: int, restart: int | None, fault: str | None
    ) -> None:
        """`restart`: with so many residents at the most. `fault`: befalls the next append."""
        if self.stage.clock.now() + timedelta(days=days) < LAST_DAY:
            self.stage.clock.advance(timedelta(days=days))
        if restart is not None:
            self.stage.runner.run(self.stage.restart(restart))
        self.stage.log.faults = deque([] if fault is None else [fault])
        sent = [self._sent(draft) for draft in batch]
        # What the model says, in the order in which the host decides; what it cannot know is learned from the answers.
        answers = self.stage.runner.run(self.stage.submit([each.request(spelling) for each in sent], together))
        self.sound = False
        for each, answer in zip(sent, answers, strict=True):
            self._compare(each, answer)
        self.sound = True

    @precondition(lambda self: len(self.sent) > 90)
    @rule(card=st.integers(0, 2))
    def close(self, card: int) -> None:
        self.submit([Draft("closeMedCard", card, {})], 0, True, 0, None, None)

    def teardown(self) -> None:
        self.stage.log.faults.clear()
        if self.sound:
            self.stage.runner.run(self._nothing_else_is_in_the_log())

    def _sent(self, draft: Draft) -> Sent:
        known = self.sent[draft.pick % len(self.sent)] if self.sent else None
        if draft.name == "again" and known is not None:
            return known
        if draft.name == "other" and known is not None:
            other = replace(known, asked=replace(known.asked, expected_version=99))
            self.sent.append(other)
            return other
        name = "activateMedCard" if draft.name in ("again", "other") else draft.name
        if name == "reverse by id":
            name = "reversePrescriptionClaim"
        caller = caller_of(draft.caller)
        who = caller.principal
        args = self._args(draft)
        now = self.stage.clock.now()
        asked = Asked(name, draft.body, now, caller.role, caller.pharmacy_id, who, args, draft.version)
        sent = Sent(self.ids[draft.card], asked, caller, f"k{next(self.keys)}")
        self.sent.append(sent)
        return sent

    def _args(self, draft: Draft) -> dict[str, str]:
        """What stands in the path: mostly something that exists."""
        card = self.cards[self.ids[draft.card]]
        known = {
            "reverse by id": ("claimId", [fact["claim_id"] for fact in card.those("paid", "rejected", "voided")]),
            "approveLimitChange": ("requestId", [fact["request_id"] for fact in card.those("requested")]),
            "rejectLimitChange": ("requestId", [fact["request_id"] for fact in card.those("requested")]),
            "updateBeneficiary": ("beneficiaryId", ["child-1", "child-2", "user-1"]),
            "removeBeneficiary": ("beneficiaryId", ["child-1", "child-1", "child-2", "user-1"]),
        }
        if draft.name not in known:
            return {}
        name, ids = known[draft.name]
        return {name: ids[draft.pick % len(ids)] if ids else "unknown"}

    # The comparison.

    def _compare(self, sent: Sent, answer: CommandAnswer) -> None:
        first = self.firsts.get(sent.key)
        if first is None:
            self._compare_new(sent, answer)
        elif first.asked == sent.asked:
            before = self.answers[sent.key]
            assert (answer.outcome, answer.body, answer.position) == (before.outcome, before.body, before.position)
            assert answer.replayed
        else:
            assert answer.outcome == "conflict", (sent, answer)

    def _compare_new(self, sent: Sent, answer: CommandAnswer) -> None:
        told = self.cards[sent.card].give(replace(sent.asked, at=self.stage.clock.now()))
        said = _decoder.decode(answer.body)
        assert answer.outcome == told.outcome, (sent, told, said)
        if told.outcome == "forbidden":
            return
        self.firsts[sent.key], self.answers[sent.key] = sent, answer
        assert answer.position == self._position(sent.card)
        assert said == self._expected(sent, told, said), (sent, said)

    def _expected(self, sent: Sent, told: Told, said: dict[str, Any]) -> dict[str, Any]:
        if told.outcome == "refused":
            return told.body
        card = self.cards[sent.card]
        expected = told.body | {"medCardId": sent.card, "version": card.version, "position": self._position(sent.card)}
        for name, kind in (("claimId", "claim_id"), ("requestId", "request_id")):
            if expected.get(name) == NEW:
                known = {fact.get(kind) for each in self.cards.values() for fact in each.facts}
                assert said[name] not in known
                card.learn(kind, said[name])
                expected[name] = said[name]
        return expected

    def _position(self, card: str) -> str:
        """A partition's events are the facts of its cards."""
        partition = partition_of("medcard", card, PARTITIONS)
        return position_text(partition, self._facts_in(partition))

    def _facts_in(self, partition: PartitionId) -> int:
        return sum(
            len(card.facts)
            for name, card in self.cards.items()
            if partition_of("medcard", name, PARTITIONS) == partition
        )

    async def _nothing_else_is_in_the_log(self) -> None:
        heads = await self.stage.log.heads()
        for partition in {partition_of("medcard", card, PARTITIONS) for card in self.ids}:
            head = heads[partition]
            digest, count = DIGEST_OF_NOTHING, 0
            for event in await self.stage.log.read_after({partition: 0}, 1_000_000):
                digest, count = chained_digest(digest, event), count + 1
                assert (event.offset, event.digest) == (count, digest)
            assert (head.offset, head.digest) == (count, digest)
            assert count == self._facts_in(partition)


@pytest.fixture
def machine(database: str) -> Iterator[type[CardsMachine]]:
    stage = Stage(database)
    yield type("CardsOnThisStage", (CardsMachine,), {"stage": stage})
    stage.close()


def test_every_answer_is_what_the_sums_over_all_accepted_facts_say(machine: type[CardsMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=30, deadline=None))


def test_a_reversal_that_gives_back_to_another_month_is_found(
    machine: type[CardsMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = MedCard.covering

    def covering(self: MedCard, who: str, month: str, change_minor: int, **changes: Any) -> MedCard:
        return right(self, who, month if change_minor > 0 else "2026-03", change_minor, **changes)

    monkeypatch.setattr(MedCard, "covering", covering)
    generate_only = settings(
        max_examples=100,
        stateful_step_count=30,
        deadline=None,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        report_multiple_bugs=False,
    )
    with pytest.raises(AssertionError, match="remainingMonthlyLimit"):
        run_state_machine_as_test(machine, settings=generate_only)
