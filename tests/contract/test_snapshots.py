"""The contract of `Snapshots`, over PostgreSQL and over the twin in memory."""

from dataclasses import replace

import asyncpg
import pytest

from ledger.messages.envelope import PartitionId
from ledger.snapshots import Snapshot, Snapshots
from ledger.store.memory_snapshots import MemorySnapshots
from ledger.store.postgres_snapshots import PostgresSnapshots

P0, P1 = PartitionId("medcard", 0), PartitionId("medcard", 1)
TAKEN = Snapshot(P0, "a", 7, bytes(range(32)), 1, b'{"state":"\xd8\xb9\x00"}')


@pytest.fixture(params=["memory_snapshots", pytest.param("postgres_snapshots", marks=pytest.mark.postgres)])
def snapshots(request: pytest.FixtureRequest) -> Snapshots:
    made: Snapshots = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def memory_snapshots() -> Snapshots:
    return MemorySnapshots()


@pytest.fixture
async def postgres_snapshots(database_pool: asyncpg.Pool) -> Snapshots:
    return PostgresSnapshots(database_pool)


async def newest(snapshots: Snapshots, *aggregate_ids: str, partition: PartitionId = P0) -> set[Snapshot]:
    return set(await snapshots.newest(partition, aggregate_ids))


async def test_a_snapshot_is_found_as_it_was_saved_and_by_its_own_name_alone(snapshots: Snapshots) -> None:
    other, elsewhere = replace(TAKEN, aggregate_id="b"), replace(TAKEN, partition=P1, version=1)
    for each in (TAKEN, other, elsewhere):
        await snapshots.save(each)
    assert await newest(snapshots, "a", "b", "nobody", "a") == {TAKEN, other}
    assert await newest(snapshots, "a", partition=P1) == {elsewhere}
    assert await newest(snapshots) == set()


async def test_the_higher_version_is_kept_whichever_comes_first(snapshots: Snapshots) -> None:
    later = replace(TAKEN, version=8, digest=b"later", schema_version=2, state=b"later")
    await snapshots.save(TAKEN)
    await snapshots.save(later)
    assert await newest(snapshots, "a") == {later}
    await snapshots.save(TAKEN)
    await snapshots.save(replace(later, state=b"another of the same version"))
    assert await newest(snapshots, "a") == {later}


async def test_what_is_discarded_makes_room_for_a_lower_version(snapshots: Snapshots) -> None:
    await snapshots.save(TAKEN)
    await snapshots.discard(TAKEN)
    assert await newest(snapshots, "a") == set()
    earlier = replace(TAKEN, version=2)
    await snapshots.save(earlier)
    assert await newest(snapshots, "a") == {earlier}
    await snapshots.discard(TAKEN)


@pytest.mark.parametrize("other", [{"version": 8}, {"digest": b"other"}, {"schema_version": 2}])
async def test_what_has_taken_the_place_of_a_discarded_one_stays(
    snapshots: Snapshots, other: dict[str, object]
) -> None:
    kept = replace(TAKEN, **other)  # type: ignore[arg-type]
    await snapshots.save(kept)
    await snapshots.discard(TAKEN)
    assert await newest(snapshots, "a") == {kept}


async def test_a_large_state_is_kept_whole(snapshots: Snapshots) -> None:
    large = replace(TAKEN, state=bytes(range(256)) * 20_000)
    await snapshots.save(large)
    assert await newest(snapshots, "a") == {large}
