"""Persistent maps and sets against the plain ones, on both sides of the size at which they change their form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rpds import HashTrieMap, HashTrieSet

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


@pytest.mark.parametrize("size", [SMALL_MAX - 1, SMALL_MAX, SMALL_MAX + 1, SMALL_MAX + 9])
def test_maps_and_sets_of_every_size_grow_and_shrink_by_one(size: int) -> None:
    keys = list(range(size))
    plain = {key: str(key) for key in keys}
    made, grown = PersistentMap(plain), PersistentMap[int, str]()
    for key in keys:
        grown = grown.insert(key, str(key))
    assert dict(made) == dict(grown) == plain
    assert hash(made) == hash(grown) != hash(PersistentMap())
    assert repr(PersistentMap({1: "a"})) == "PersistentMap({1: 'a'})"
    for found in (made, grown):
        assert dict(found.insert(0, "other")) == {**plain, 0: "other"}
        assert dict(found.insert(-1, "new")) == {**plain, -1: "new"}
        assert dict(found.remove(0)) == dict(found.discard(0)) == {key: str(key) for key in keys[1:]}
    for members in (PersistentSet(keys), PersistentSet[int]().update(keys)):
        assert set(members) == set(keys)
        assert hash(members) == hash(PersistentSet(reversed(keys))) != hash(PersistentSet())
        assert set(members.insert(-1)) == {-1, *keys}
        assert set(members.insert(0)) == set(keys)
        assert set(members.discard(0)) == set(keys[1:])
        assert members.discard(-1) == members
    assert repr(PersistentSet([1])) == "PersistentSet({1})"


def test_up_to_a_size_no_trie_is_made() -> None:
    """What they cost is why they are here."""
    keys = list(range(SMALL_MAX))
    for small in (PersistentMap(dict.fromkeys(keys)), PersistentMap(dict.fromkeys(keys[1:])).insert(0, None)):
        assert isinstance(small._keys, tuple)
        assert isinstance(small.insert(-1, None)._keys, HashTrieMap)
    assert isinstance(PersistentMap(dict.fromkeys([-1, *keys]))._keys, HashTrieMap)
    for few in (PersistentSet(keys), PersistentSet(keys[1:]).insert(0)):
        assert isinstance(few._members, tuple)
        assert isinstance(few.insert(-1)._members, HashTrieSet)
    assert isinstance(PersistentSet([-1, *keys])._members, HashTrieSet)


@given(st.integers(0, SMALL_MAX + 2))
def test_what_is_not_there_cannot_be_taken_from_a_map_of_any_size(size: int) -> None:
    found = PersistentMap({each: each for each in range(size)})
    for ask in (found.remove, found.__getitem__):
        with pytest.raises(KeyError, match="-1"):
            ask(-1)
    assert found.discard(-1) is found
