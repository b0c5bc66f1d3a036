"""How much a caller may ask for, and how it is told."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.clocks import ManualClock
from ledger.limits import local_buckets
from ledger.limits.local_buckets import LocalBuckets
from ledger.rates import RatePolicy
from tests.support.doors import NOON, code_of, edge

TEN_A_MINUTE = RatePolicy("ten", 10, 60)


async def test_a_caller_gets_the_quota_and_then_waits_for_the_next_one() -> None:
    clock = ManualClock(NOON)
    buckets = LocalBuckets(clock)
    states = [await buckets.take("till", TEN_A_MINUTE, 1) for _ in range(11)]
    assert [state.granted for state in states] == [True] * 10 + [False]
    assert [state.remaining for state in states] == [*range(9, -1, -1), 0]
    assert (states[-1].retry_after_s, states[-1].full_after_s) == (6, 60)
    clock.advance(timedelta(seconds=6))
    assert (await buckets.take("till", TEN_A_MINUTE, 1)).granted


async def test_callers_do_not_share_and_nothing_is_taken_of_a_cost_that_is_refused() -> None:
    buckets = LocalBuckets(ManualClock(NOON))
    assert not (await buckets.take("till", TEN_A_MINUTE, 11)).granted
    assert (await buckets.take("till", TEN_A_MINUTE, 10)).granted
    assert (await buckets.take("other", TEN_A_MINUTE, 10)).granted


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=60))
async def test_never_more_than_the_quota_and_what_the_time_gave(steps: list[tuple[int, int]]) -> None:
    clock = ManualClock(NOON)
    buckets = LocalBuckets(clock)
    granted = waited_s = 0
    for seconds, cost in steps:
        clock.advance(timedelta(seconds=seconds))
        waited_s += seconds
        granted += cost if (await buckets.take("till", TEN_A_MINUTE, cost)).granted else 0
    assert granted <= 10 + waited_s * 10 / 60 + 1e-6


async def test_callers_who_were_not_seen_for_long_make_room(monkeypatch: object) -> None:
    buckets = LocalBuckets(ManualClock(NOON))
    for number in range(local_buckets.CALLERS_MAX + 10):
        await buckets.take(str(number), TEN_A_MINUTE, 1)
    assert len(buckets._buckets) == local_buckets.CALLERS_MAX


async def test_every_answer_says_what_is_left_and_the_last_one_when_to_come_again() -> None:
    async with edge(rate_limit_operator_per_hour=2) as bench:
        first = await bench.get("/api/v1/medcards", role="OPERATOR")
        missing = await bench.get("/api/v1/medcards/none", role="OPERATOR")
        refused = await bench.get("/api/v1/medcards", role="OPERATOR")
    assert first.headers["ratelimit-policy"] == '"operator";q=2;w=3600'
    assert first.headers["ratelimit"] == '"operator";r=1;t=1800'
    assert (missing.status_code, missing.headers["ratelimit"]) == (404, '"operator";r=0;t=3600')
    assert code_of(refused, 429) == "rate_limited"
    assert refused.headers["retry-after"] == "1800"
    assert refused.headers["ratelimit"] == '"operator";r=0;t=3600'


async def test_the_other_doors_count_as_well_and_health_does_not() -> None:
    async with edge(rate_limit_admin_per_hour=2) as bench:
        await bench.graphql("{ medCards { nodes { id } } }")
        await bench.post("/api/v1/medcards", "{}")
        assert code_of(await bench.get("/api/v1/medcards"), 429) == "rate_limited"
        assert (await bench.post("/graphql", '{"query":"{ __typename }"}')).status_code == 429
        assert (await bench.client.get("/health/live")).status_code == 200


async def test_every_field_at_the_root_of_a_graphql_request_counts_as_if_it_had_come_alone() -> None:
    card = 'medCard(id: "none") { id }'
    aliases = " ".join(f"a{number}: {card}" for number in range(3))
    spread = f"{{ ...f ... on Query {{ b: {card} }} }} fragment f on Query {{ {aliases} }}"
    async with edge(rate_limit_operator_per_hour=9) as bench:
        one = await bench.post("/graphql", {"query": f"{{ {card} }}"}, role="OPERATOR")
        four = await bench.post("/graphql", {"query": spread}, role="OPERATOR")
        too_many = await bench.post("/graphql", {"query": f"{{ {aliases} {card} c: {card} }}"}, role="OPERATOR")
    assert one.headers["ratelimit"].startswith('"operator";r=8;')
    assert four.headers["ratelimit"].startswith('"operator";r=4;')
    assert code_of(too_many, 429) == "rate_limited"
