"""What the read store and the queries promise, on a real PostgreSQL."""

import asyncpg
import pytest

from ledger.domain.medcard.events import MedCardActivated
from ledger.following import AggregateKey, DeadLetter
from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Changes, Checkpoint, CheckpointMove, CheckpointMoved, StoreUnavailable
from ledger.reads import CardFilter, Page, PrescriptionFilter, ProjectionRow
from ledger.readstores.medcard_reads import PostgresMedCardReads
from ledger.readstores.postgres_store import PostgresReadStore, RowsMissed
from ledger.readstores.queries import PostgresProjectionReads, PostgresReadProgress
from ledger.readstores.statements import statement
from projections.projection import changes_of, fact_of
from projections.registry import MEDCARD_GROUP
from tests.support.medcard_log import MedCardLog, claimed, created, rejected, reversal, voided

pytestmark = pytest.mark.postgres

FIRST = PartitionId("medcard", 0)

# The tables of a test are empty enough to read whole and sort; and a plan must hold whatever values come.
PLAN_AS_IF_FULL = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off; "
    "SET LOCAL plan_cache_mode = force_generic_plan"
)


class ReadSide:
    """The store and the queries on one database, and a log that is written by hand."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.store = PostgresReadStore(pool)
        self.reads = PostgresMedCardReads(pool)
        self.progress = PostgresReadProgress(pool)
        self.standings = PostgresProjectionReads(pool)
        self.log = MedCardLog()
        self._at = 0

    async def apply(self, *envelopes: Envelope) -> None:
        """A batch that goes on where the last one ended."""
        end = envelopes[-1]
        move = CheckpointMove(FIRST, self._at, Checkpoint(end.offset, end.digest))
        changes = changes_of(MEDCARD_GROUP.projections, [fact_of(envelope) for envelope in envelopes])
        await self.store.apply("medcards", changes, [move])
        self._at = end.offset


@pytest.fixture
def side(database_pool: asyncpg.Pool) -> ReadSide:
    return ReadSide(database_pool)


async def test_a_batch_is_read_back_as_its_events_said(side: ReadSide) -> None:
    born = side.log.put("card-1", created("user-1", "plan-1"))
    active = side.log.put("card-1", MedCardActivated())
    paid = side.log.put("card-1", claimed("c1"), terminal=None)
    await side.apply(born, active, paid)

    card = await side.reads.card("card-1")
    assert card is not None
    assert (card.status, card.version, card.user_id, card.plan_id) == ("ACTIVE", 3, "user-1", "plan-1")
    assert (card.created_at, card.updated_at) == (born.occurred_at, paid.occurred_at)
    assert card.holder in born.data
    [holder] = await side.reads.beneficiaries(["card-1", "card-2"])
    assert (holder.beneficiary_id, holder.relation, holder.person) == ("user-1", "PRIMARY", card.holder)
    claim = await side.reads.prescription("card-1", "c1")
    assert claim is not None
    assert (claim.status, claim.covered_minor, claim.terminal_id, claim.reject_codes) == ("PAID", 280_00, None, ())
    assert claim.items is not None
    assert claim.items in paid.data
    assert (claim.claimed_at, claim.position) == (paid.occurred_at, "medcard/0@3")
    [spend] = await side.reads.spend(["card-1", "card-2"], "2026-11")
    assert (spend.covered_minor, spend.total_minor, spend.claims) == (280_00, 350_00, 1)


async def test_what_is_not_there_is_none(side: ReadSide) -> None:
    assert await side.reads.card("card-1") is None
    assert await side.reads.prescription("card-1", "c1") is None
    assert await side.reads.spend(["card-1"], "2026-11") == []


async def test_rejected_and_voided_claims_keep_their_reasons_and_have_no_spend(side: ReadSide) -> None:
    await side.apply(side.log.put("card-1", created()), side.log.put("card-1", rejected("c1", "a", "b")))
    await side.apply(side.log.put("card-1", voided("c2")))
    found = await side.reads.prescriptions(PrescriptionFilter(medcard_id="card-1"), Page(10))
    assert [(row.claim_id, row.status, row.reject_codes) for row in found] == [
        ("c2", "VOIDED", ()),
        ("c1", "REJECTED", ("a", "b")),
    ]
    assert found[0].items is None
    assert await side.reads.spend(["card-1"], "2026-11") == []


@pytest.mark.parametrize("together", [True, False])
async def test_a_reversal_counts_the_same_in_the_batch_of_its_claim_and_after_it(
    side: ReadSide, together: bool
) -> None:
    batch = [side.log.put("card-1", event) for event in (created(), claimed("c1"), claimed("c2"), reversal("c1"))]
    for part in [batch] if together else [batch[:3], batch[3:]]:
        await side.apply(*part)
    claim = await side.reads.prescription("card-1", "c1")
    assert claim is not None
    assert (claim.status, claim.reversed_at) == ("REVERSED", batch[3].occurred_at)
    [spend] = await side.reads.spend(["card-1"], "2026-11")
    assert (spend.covered_minor, spend.total_minor, spend.claims) == (280_00, 350_00, 1)


async def test_a_batch_that_comes_twice_is_refused_and_changes_nothing(side: ReadSide) -> None:
    batch = [side.log.put("card-1", created()), side.log.put("card-1", claimed("c1"))]
    changes = changes_of(MEDCARD_GROUP.projections, [fact_of(envelope) for envelope in batch])
    move = CheckpointMove(FIRST, 0, Checkpoint(2, batch[1].digest))
    await side.store.apply("medcards", changes, [move])
    with pytest.raises(CheckpointMoved):
        await side.store.apply("medcards", changes, [move])
    [spend] = await side.reads.spend(["card-1"], "2026-11")
    assert spend.claims == 1
    assert await side.store.checkpoints("medcards") == {FIRST: Checkpoint(2, batch[1].digest)}


async def test_one_checkpoint_that_moved_holds_back_all_of_them(side: ReadSide) -> None:
    second = PartitionId("medcard", 1)
    there = Checkpoint(7, b"seven")
    await side.store.apply("medcards", [], [CheckpointMove(FIRST, 0, there)])
    both = [CheckpointMove(FIRST, 6, Checkpoint(9, b"nine")), CheckpointMove(second, 0, Checkpoint(3, b"three"))]
    with pytest.raises(CheckpointMoved):
        await side.store.apply("medcards", [], both)
    assert await side.store.checkpoints("medcards") == {FIRST: there}


async def test_projections_have_checkpoints_of_their_own(side: ReadSide) -> None:
    await side.store.apply("medcards", [], [CheckpointMove(FIRST, 0, Checkpoint(7, b"seven"))])
    await side.store.apply("medcards-next", [], [CheckpointMove(FIRST, 0, Checkpoint(1, b"one"))])
    assert await side.store.checkpoints("medcards-next") == {FIRST: Checkpoint(1, b"one")}


async def test_an_update_of_a_row_that_is_not_there_is_loud_and_writes_nothing(side: ReadSide) -> None:
    lost = Changes("reverse_prescriptions", [{"medcard_id": "card-1", "claim_id": "c1", "reversed_at": None}])
    with pytest.raises(RowsMissed, match="touched 0 rows of 1"):
        await side.store.apply("medcards", [lost], [CheckpointMove(FIRST, 0, Checkpoint(1, b"one"))])
    assert await side.store.checkpoints("medcards") == {}


async def test_pages_of_cards_stay_stable_while_cards_arrive(side: ReadSide) -> None:
    await side.apply(*(side.log.put(f"card-{number}", created()) for number in range(5)))
    first = await side.reads.cards(CardFilter(), Page(2))
    await side.apply(side.log.put("card-new", created()))
    last = first[-1]
    second = await side.reads.cards(CardFilter(), Page(3, (last.created_at, last.medcard_id)))
    assert [card.medcard_id for card in (*first, *second)] == ["card-4", "card-3", "card-2", "card-1", "card-0"]
    assert await side.reads.cards(CardFilter(), Page(3, (second[-1].created_at, "card-0"))) == []


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (CardFilter(), ["card-3", "card-2", "card-1"]),
        (CardFilter(user_id="user-1"), ["card-3", "card-1"]),
        (CardFilter(user_id="user-1", plan_id="plan-2"), ["card-3"]),
        (CardFilter(plan_id="plan-2"), ["card-3", "card-2"]),
        (CardFilter(plan_id="plan-2", status="ACTIVE"), ["card-2"]),
        (CardFilter(status="ACTIVE"), ["card-2"]),
        (CardFilter(user_id="user-2", status="PENDING"), []),
    ],
)
async def test_cards_are_filtered(side: ReadSide, where: CardFilter, found: list[str]) -> None:
    await side.apply(
        side.log.put("card-1", created("user-1", "plan-1")),
        side.log.put("card-2", created("user-2", "plan-2")),
        side.log.put("card-3", created("user-1", "plan-2")),
        side.log.put("card-2", MedCardActivated()),
    )
    assert [card.medcard_id for card in await side.reads.cards(where, Page(10))] == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (PrescriptionFilter(pharmacy_id="pharmacy-1"), ["c3", "c1"]),
        (PrescriptionFilter(medcard_id="card-1"), ["c3", "c2", "c1"]),
        (PrescriptionFilter(pharmacy_id="pharmacy-2"), ["c4", "c2"]),
        (PrescriptionFilter(medcard_id="card-1", pharmacy_id="pharmacy-2"), ["c2"]),
        (PrescriptionFilter(pharmacy_id="pharmacy-2", beneficiary_id="user-1", month="2026-11"), ["c4", "c2"]),
        (PrescriptionFilter(medcard_id="card-1", status="REVERSED"), ["c1"]),
        (PrescriptionFilter(medcard_id="card-1", month="2026-10"), ["c3"]),
        (PrescriptionFilter(medcard_id="card-1", beneficiary_id="user-2"), []),
    ],
)
async def test_prescriptions_are_filtered(side: ReadSide, where: PrescriptionFilter, found: list[str]) -> None:
    await side.apply(
        side.log.put("card-1", created()),
        side.log.put("card-2", created()),
        side.log.put("card-1", claimed("c1")),
        side.log.put("card-1", claimed("c2", "pharmacy-2")),
        side.log.put("card-1", claimed("c3", month="2026-10")),
        side.log.put("card-2", claimed("c4", "pharmacy-2")),
        side.log.put("card-1", reversal("c1")),
    )
    assert [row.claim_id for row in await side.reads.prescriptions(where, Page(10))] == found
    of_card = PrescriptionFilter(medcard_id="card-1")
    newest, *rest = await side.reads.prescriptions(of_card, Page(10))
    after = Page(10, (newest.claimed_at, newest.claim_id))
    assert [row.claim_id for row in await side.reads.prescriptions(of_card, after)] == [row.claim_id for row in rest]


async def test_progress_tells_the_last_applied_offset_of_each_partition_that_has_any(side: ReadSide) -> None:
    other = PartitionId("medcard", 1)
    assert await side.progress.applied("medcards", [FIRST, other]) == {}
    await side.apply(side.log.put("card-1", created()), side.log.put("card-1", MedCardActivated()))
    assert await side.progress.applied("medcards", [FIRST, other]) == {FIRST: 2}
    assert await side.progress.applied("medcards", [other]) == {}
    assert await side.progress.applied("medcards", []) == {}
    assert await side.progress.applied("wallets", [FIRST]) == {}


async def test_every_projection_says_how_it_stands(side: ReadSide) -> None:
    await side.store.standing("journal")
    await side.store.standing("medcards")
    await side.apply(side.log.put("card-1", created()), side.log.put("card-1", MedCardActivated()))
    await side.store.pause("journal", True)
    parked = [DeadLetter(AggregateKey(FIRST, f"card-{number}"), 2, "ValueError", 1) for number in range(3)]
    await side.store.apply("medcards", [], [], parked)
    assert await side.standings.projections() == [
        ProjectionRow("journal", True, 0, {}),
        ProjectionRow("medcards", False, 3, {FIRST: 2}),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "prescriptions_of_medcard",
        "prescriptions_of_pharmacy",
        "medcards_of_user",
        "medcards_of_plan",
        "medcards_newest",
    ],
)
async def test_every_list_walks_its_index_and_sorts_nothing(database_pool: asyncpg.Pool, name: str) -> None:
    wanted = statement(name)
    async with database_pool.acquire() as connection, connection.transaction():
        await connection.execute(PLAN_AS_IF_FULL)
        types = ", ".join("int" if each == "limit" else "unknown" for each in wanted.parameters)
        await connection.execute(f"PREPARE listing ({types}) AS {wanted.sql}")
        values = ", ".join("10" if each == "limit" else "NULL" for each in wanted.parameters)
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE listing ({values})"))
        await connection.execute("DEALLOCATE listing")
    assert f"using {name}" in plan
    assert "Sort" not in plan
    assert "ROW(" in plan.partition("Index Cond")[2].partition("\n")[0]


async def test_a_store_that_is_gone_is_unavailable(database_pool: asyncpg.Pool, side: ReadSide) -> None:
    await database_pool.close()
    with pytest.raises(StoreUnavailable):
        await side.store.checkpoints("medcards")
    with pytest.raises(StoreUnavailable):
        await side.store.apply("medcards", [], [CheckpointMove(FIRST, 0, Checkpoint(1, b"one"))])
    with pytest.raises(StoreUnavailable):
        await side.reads.card("card-1")
