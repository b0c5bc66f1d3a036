"""Maps and sets that never change: what is put in or taken out gives another one.

Most of them stay small, where a trie's nodes would cost four times what they hold: up to `SMALL_MAX` entries are two
tuples, and only what grows beyond that becomes a trie, whose changes cost the same at any size.
"""

# The trie's class cannot be subscripted at run time.
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, TypeVar, overload

from rpds import HashTrieMap, HashTrieSet

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")

SMALL_MAX = 16


class PersistentMap(Mapping[K, V]):
    """A map. Small ones keep the order in which keys were put in; larger ones have none."""

    __slots__ = ("_keys", "_values")

    _keys: tuple[K, ...] | HashTrieMap[K, V]
    _values: tuple[V, ...]

    def __init__(self, entries: Mapping[K, V] | Iterable[tuple[K, V]] = ()) -> None:
        given = dict(entries)
        if len(given) <= SMALL_MAX:
            self._keys, self._values = tuple(given), tuple(given.values())
        else:
            self._keys, self._values = HashTrieMap(given), ()

    def __getitem__(self, key: K) -> V:
        keys = self._keys
        if not isinstance(keys, tuple):
            return keys[key]
        if key not in keys:
            raise KeyError(key)
        return self._values[keys.index(key)]

    # `Mapping` has one that raises and catches an error for every key that is missing: 0.5 µs instead of 0.1.
    @overload
    def get(self, key: K, /) -> V | None: ...

    @overload
    def get(self, key: K, /, default: V | D) -> V | D: ...

    def get(self, key: K, default: Any = None) -> Any:
        """The value, or the default where there is none."""
        keys = self._keys
        if not isinstance(keys, tuple):
            return keys.get(key, default)
        return self._values[keys.index(key)] if key in keys else default

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[K]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __hash__(self) -> int:
        return hash(frozenset(self.items()))

    def __repr__(self) -> str:
        return f"PersistentMap({dict(self)!r})"

    def insert(self, key: K, value: V) -> PersistentMap[K, V]:
        """With this value under the key, whatever stood there before."""
        keys, values = self._keys, self._values
        if not isinstance(keys, tuple):
            return _map_of(keys.insert(key, value), ())
        if key in keys:
            at = keys.index(key)
            return _map_of(keys, (*values[:at], value, *values[at + 1 :]))
        if len(keys) < SMALL_MAX:
            return _map_of((*keys, key), (*values, value))
        return _map_of(HashTrieMap(zip(keys, values, strict=True)).insert(key, value), ())

    def remove(self, key: K) -> PersistentMap[K, V]:
        """Without the key. Raises `KeyError` where it is not there."""
        keys, values = self._keys, self._values
        if not isinstance(keys, tuple):
            return _map_of(keys.remove(key), ())
        if key not in keys:
            raise KeyError(key)
        at = keys.index(key)
        return _map_of((*keys[:at], *keys[at + 1 :]), (*values[:at], *values[at + 1 :]))

    def discard(self, key: K) -> PersistentMap[K, V]:
        """Without the key, whether it was there or not."""
        return self.remove(key) if key in self._keys else self


def _map_of(keys: tuple[K, ...] | HashTrieMap[K, V], values: tuple[V, ...]) -> PersistentMap[K, V]:
    made: PersistentMap[K, V] = PersistentMap.__new__(PersistentMap)
    made._keys, made._values = keys, values
    return made


class PersistentSet(Set[K]):
    """A set."""

    __slots__ = ("_members",)

    _members: tuple[K, ...] | HashTrieSet[K]

    def __init__(self, members: Iterable[K] = ()) -> None:
        given = tuple(dict.fromkeys(members))
        self._members = given if len(given) <= SMALL_MAX else HashTrieSet(given)

    def __contains__(self, member: object) -> bool:
        return member in self._members

    def __iter__(self) -> Iterator[K]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return f"PersistentSet({set(self)!r})"

    def insert(self, member: K) -> PersistentSet[K]:
        """With the member."""
        members = self._members
        if not isinstance(members, tuple):
            return _set_of(members.insert(member))
        if member in members:
            return self
        return _set_of((*members, member)) if len(members) < SMALL_MAX else PersistentSet((*members, member))

    def update(self, more: Iterable[K]) -> PersistentSet[K]:
        """With all these members."""
        found = self
        for member in more:
            found = found.insert(member)
        return found

    def discard(self, member: K) -> PersistentSet[K]:
        """Without the member, whether it was there or not."""
        members = self._members
        if not isinstance(members, tuple):
            return _set_of(members.discard(member))
        return _set_of(tuple(each for each in members if each != member)) if member in members else self


def _set_of(members: tuple[K, ...] | HashTrieSet[K]) -> PersistentSet[K]:
    made: PersistentSet[K] = PersistentSet.__new__(PersistentSet)
    made._members = members
    return made
