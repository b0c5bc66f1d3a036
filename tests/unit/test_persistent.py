"""Persistent maps and sets against the plain ones, on both sides of the size at which they change their form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.persistent import SMALL_MAX, PersistentMap, PersistentSet

KEYS = st.integers(0, SMALL_MAX + 6)
STEPS = st.lists(st.tuples(st.sampled_from(["insert", "insert", "insert", "remove", "discard"]), KEYS), max_size=80)


@given(STEPS)
def test_a_map_holds_what_a_dict_holds_and_never_changes(steps: list[tuple[str, int]]) -> None:
    model: dict[int, int] = {}
    found: PersistentMap[int, int] = PersistentMap()
    for count, (step, key) in enumerate(steps):
        before, content = found, dict(model)
        match step:
            case "insert":
                found, model[key] = found.insert(key, count), count
            case "discard":
                found = found.discard(key)
                model.pop(key, None)
            case _ if key in model:
                found = found.remove(key)
                del model[key]
        assert dict(before) == content
        assert (dict(found), len(found), set(found)) == (model, len(model), set(model))
        assert [found.get(each) for each in range(SMALL_MAX + 7)] == [model.get(each) for each in range(SMALL_MAX + 7)]
        assert found == PersistentMap(model)
        assert hash(found) == hash(PersistentMap(model))


@given(STEPS)
def test_a_set_holds_what_a_set_holds_and_never_changes(steps: list[tuple[str, int]]) -> None:
    model: set[int] = set()
    found: PersistentSet[int] = PersistentSet()
    for step, key in steps:
        before, content = found, set(model)
        if step == "insert":
            found = found.insert(key)
            model.add(key)
        else:
            found = found.discard(key)
            model.discard(key)
        assert set(before) == content
        assert (set(found), len(found)) == (model, len(model))
        assert found == PersistentSet(model) == PersistentSet().update(model)
        assert hash(found) == hash(PersistentSet(model))


@given(st.integers(0, SMALL_MAX + 2))
def test_what_is_not_there_cannot_be_taken_from_a_map_of_any_size(size: int) -> None:
    found = PersistentMap({each: each for each in range(size)})
    for ask in (found.remove, found.__getitem__):
        with pytest.raises(KeyError):
            ask(-1)
    assert found.discard(-1) is found
