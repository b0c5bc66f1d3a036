"""The states of aggregates as bytes: a cache of what their events make, never the truth.

Lines of JSON: first the state without its maps and sets, then these in slices of a bounded number of entries, so that
a large state is written and read a little at a time. Personal fields are sealed as they are in events.
"""

import itertools
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import msgspec

from ledger.domain.medcard.card import Claim, MedCard
from ledger.domain.payment.state import Payment
from ledger.domain.persistent import PersistentSet
from ledger.domain.pharmacy.state import Pharmacy
from ledger.domain.wallet.state import Wallet
from ledger.messages.codec import msgspec_camel
from ledger.messages.state_parts import Fields, Part, Seals, Table, part_of

SLICE_ENTRIES_MAX = 50
"""Entries of a map in one line: about a millisecond of work."""


class UnknownSnapshot(Exception):
    """A snapshot in another schema version than this code's: it is ignored, and the events are read instead."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A set that is not stored, because the entries of a map say what is in it."""

    table: str
    members: Callable[[Any], Iterable[Any]]
    into: Callable[[list[Any]], Any]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a state: some entries of the table of that name, or, without a name, all that is not in tables."""

    table: str | None
    content: Any


class _StoredTable(msgspec.Struct, frozen=True):
    table: str
    entries: msgspec.Raw


class StateCodec:
    """Encodes and decodes the states of one aggregate type. Pure; safe to share.

    `schema_version` must change with every change of the stored form, and also where `evolve` makes another state of
    the same events: there is no bringing up, for what is not known is made again from the log.
    """

    def __init__(self, state: Any, schema_version: int = 1, gathered: Mapping[str, Gathered] | None = None) -> None:
        self.schema_version = schema_version
        self.state_class = state
        self.gathered = gathered or {}
        self.tables: dict[str, Table] = {}
        if is_dataclass(state):
            hints = typing.get_type_hints(state)
            parts = {field.name: part_of(hints[field.name]) for field in fields(state)}
            self.tables = {
                name: part for name, part in parts.items() if isinstance(part, Table) and name not in self.gathered
            }
        without = {*self.tables, *self.gathered}
        self.root: Part = Fields(state, without) if without else part_of(state)

    def slices(self, state: Any) -> Iterator[Slice]:
        """The whole state, a bounded amount of work at a time."""
        yield Slice(None, state)
        for name, table in self.tables.items():
            entries = iter(table.entries(getattr(state, name)))
            while some := list(itertools.islice(entries, SLICE_ENTRIES_MAX)):
                yield Slice(name, some)

    def persons(self, part: Slice) -> set[str]:
        """Whose keys are needed to store a slice."""
        if part.table is None:
            return set(self.root.persons(part.content))
        table = self.tables[part.table]
        return {person for entry in part.content for person in table.persons_of_entry(entry)}

    def encode(self, part: Slice, seals: Seals) -> bytes:
        """A line, without its end."""
        if part.table is None:
            return msgspec.json.encode(self.root.store(part.content, seals))
        table = self.tables[part.table]
        entries = [table.store_entry(entry, seals) for entry in part.content]
        return msgspec.json.encode({"table": msgspec_camel(part.table), "entries": entries})

    def reader(self, schema_version: int) -> "StateReader":
        """Reads one stored state. Raises `UnknownSnapshot`."""
        if schema_version != self.schema_version:
            raise UnknownSnapshot(f"schema version {schema_version}, and not {self.schema_version}")
        return StateReader(self)


class StateReader:
    """A state on its way into memory, line by line."""

    def __init__(self, codec: StateCodec) -> None:
        self._codec = codec
        self._by_stored_name = {msgspec_camel(name): name for name in codec.tables}
        self._root: Any = None
        self._tables = {name: table.empty() for name, table in codec.tables.items()}
        self._gathered: dict[str, list[Any]] = {name: [] for name in codec.gathered}
        self._begun = False

    def read(self, line: bytes) -> Slice:
        """The slice as it is stored, its boxes shut."""
        if not self._begun:
            self._begun = True
            return Slice(None, msgspec.json.decode(line, type=self._codec.root.stored_type))
        stored = msgspec.json.decode(line, type=_StoredTable)
        name = self._by_stored_name[stored.table]
        entry_type = self._codec.tables[name].entry_type
        return Slice(name, msgspec.json.decode(stored.entries, type=list[entry_type]))  # type: ignore[valid-type]

    def persons(self, stored: Slice) -> set[str]:
        """Whose keys are needed to take a slice."""
        if stored.table is None:
            return set(self._codec.root.sealed_persons(stored.content))
        table = self._codec.tables[stored.table]
        return {person for entry in stored.content for person in table.sealed_persons_of_entry(entry)}

    def take(self, stored: Slice, seals: Seals) -> None:
        """Raises `SealBroken`."""
        if stored.table is None:
            self._root = self._codec.root.load(stored.content, seals)
            return
        part, table = self._codec.tables[stored.table], self._tables[stored.table]
        for each in stored.content:
            entry = part.load_entry(each, seals)
            table = part.put(table, entry)
            for name, gathered in self._codec.gathered.items():
                if gathered.table == stored.table:
                    self._gathered[name] += gathered.members(entry[1])
        self._tables[stored.table] = table

    def state(self) -> Any:
        """What the lines say together."""
        gathered = {name: self._codec.gathered[name].into(members) for name, members in self._gathered.items()}
        rest = {**self._tables, **gathered}
        return self._codec.state_class(**self._root, **rest) if rest else self._root


def _serials_out(claim: Claim) -> Iterable[str]:
    return claim.serials_out


STATE_CODECS: Mapping[str, StateCodec] = {
    "medcard": StateCodec(MedCard, gathered={"serials": Gathered("claims", _serials_out, PersistentSet)}),
    "pharmacy": StateCodec(Pharmacy),
    "payment": StateCodec(Payment),
    "wallet": StateCodec(Wallet),
}
"""The codec of each aggregate type's states."""
