"""The stored form of the parts of a state: made from their type hints, as the mirrors of events are.

A dataclass becomes an object with camelCase names, whose personal fields are sealed boxes; a map becomes a list of
pairs, a set a list. What holds neither is left to the codec of events.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, Protocol, cast

import msgspec

from ledger.domain.kinds import Erased
from ledger.messages.codec import (
    PersonalField,
    decode_clear,
    encode_clear,
    mirror_type,
    mirrored,
    personal_field_of,
)
from ledger.messages.sealing import DataKeys, Sealed, seal, seal_binding, unseal


@dataclasses.dataclass(frozen=True, slots=True)
class Seals:
    """What boxes of one aggregate are made and opened with. `nonce` is not needed to open them."""

    aggregate_id: str
    keys: DataKeys
    nonce: Callable[[int], bytes]

    def shut(self, value: Any, person: str, field: PersonalField) -> Sealed:
        if isinstance(value, Erased):
            return Sealed("", person)
        return seal(encode_clear(value, field), person, self._bound_to(field), self.keys, self.nonce)

    def open(self, box: Sealed, field: PersonalField) -> Any:
        clear = unseal(box, self._bound_to(field), self.keys)
        return clear if isinstance(clear, Erased) else decode_clear(clear, field)

    def _bound_to(self, field: PersonalField) -> str:
        return seal_binding(self.aggregate_id, f"snapshot/{field.stored_name}")


class Part(Protocol):
    """The stored form of values of one type. `stored_type` is what msgspec reads and writes."""

    stored_type: Any

    def store(self, value: Any, seals: Seals) -> Any: ...

    def load(self, stored: Any, seals: Seals) -> Any: ...

    def persons(self, value: Any) -> Iterable[str]:
        """Whose keys are needed to store this value."""
        ...

    def sealed_persons(self, stored: Any) -> Iterable[str]:
        """Whose keys are needed to load this value."""
        ...


class _Plain:
    """What holds nothing personal, no map and no set."""

    def __init__(self, hint: Any) -> None:
        self._hint = hint
        self.stored_type = mirror_type(hint)
        self.as_it_is = self.stored_type == hint

    def store(self, value: Any, _seals: Seals) -> Any:
        return value if self.as_it_is else mirrored(value, self._hint)

    def load(self, stored: Any, _seals: Seals) -> Any:
        return stored if self.as_it_is else msgspec.convert(stored, self._hint, from_attributes=True)

    def persons(self, _value: Any) -> Iterable[str]:
        return ()

    def sealed_persons(self, _stored: Any) -> Iterable[str]:
        return ()


class Table:
    """A map as a list of pairs: any class whose `insert` takes a key and a value, and gives the map with them."""

    def __init__(self, hint: Any) -> None:
        self._class = typing.get_origin(hint) or hint
        arguments = typing.get_args(hint) or typing.get_args(hint.__orig_bases__[0])
        self._key, self._value = (part_of(argument) for argument in arguments)
        self.entry_type: Any = types.GenericAlias(tuple, (self._key.stored_type, self._value.stored_type))
        self.stored_type: Any = types.GenericAlias(tuple, (self.entry_type, ...))

    def empty(self) -> Any:
        return self._class()

    def entries(self, table: Any) -> Iterable[Any]:
        return cast(Iterable[Any], table.items())

    def store_entry(self, entry: Any, seals: Seals) -> Any:
        return self._key.store(entry[0], seals), self._value.store(entry[1], seals)

    def load_entry(self, stored: Any, seals: Seals) -> Any:
        return self._key.load(stored[0], seals), self._value.load(stored[1], seals)

    def put(self, table: Any, entry: Any) -> Any:
        return table.insert(*entry)

    def persons_of_entry(self, entry: Any) -> Iterable[str]:
        return self._value.persons(entry[1])

    def sealed_persons_of_entry(self, stored: Any) -> Iterable[str]:
        return self._value.sealed_persons(stored[1])

    def store(self, value: Any, seals: Seals) -> Any:
        return tuple(self.store_entry(entry, seals) for entry in self.entries(value))

    def load(self, stored: Any, seals: Seals) -> Any:
        table = self.empty()
        for entry in stored:
            table = self.put(table, self.load_entry(entry, seals))
        return table

    def persons(self, value: Any) -> Iterable[str]:
        return (person for entry in self.entries(value) for person in self.persons_of_entry(entry))

    def sealed_persons(self, stored: Any) -> Iterable[str]:
        return (person for entry in stored for person in self.sealed_persons_of_entry(entry))


class _Members(Table):
    """A set as a list."""

    def __init__(self, hint: Any) -> None:
        self._class = typing.get_origin(hint)
        [argument] = typing.get_args(hint)
        self._member = part_of(argument)
        self.entry_type = self._member.stored_type
        self.stored_type = types.GenericAlias(tuple, (self.entry_type, ...))

    def entries(self, table: Any) -> Iterable[Any]:
        return cast(Iterable[Any], table)

    def store_entry(self, entry: Any, seals: Seals) -> Any:
        return self._member.store(entry, seals)

    def load_entry(self, stored: Any, seals: Seals) -> Any:
        return self._member.load(stored, seals)

    def put(self, table: Any, entry: Any) -> Any:
        return table.insert(entry)

    def persons_of_entry(self, entry: Any) -> Iterable[str]:
        return self._member.persons(entry)

    def sealed_persons_of_entry(self, stored: Any) -> Iterable[str]:
        return self._member.sealed_persons(stored)


class Fields:
    """Fields of a dataclass, all but those `without`; they load as a dictionary."""

    def __init__(self, hint: Any, without: Iterable[str] = ()) -> None:
        # Most fields are stored as they are; to ask a part for each of them would be half the cost of a claim.
        self._as_they_are: list[str] = []
        self._parts: dict[str, Part] = {}
        self._personal: list[tuple[PersonalField, Any]] = []
        hints = typing.get_type_hints(hint)
        members: list[tuple[str, Any] | tuple[str, Any, Any]] = []
        for field in dataclasses.fields(hint):
            if field.name in without:
                continue
            default = field.default
            if "personal" in field.metadata:
                self._personal.append((personal_field_of(field, hints[field.name]), default))
                required = default is dataclasses.MISSING
                members.append((field.name, Sealed) if required else (field.name, Sealed | None, None))
            else:
                part = part_of(hints[field.name])
                if isinstance(part, _Plain) and part.as_it_is:
                    self._as_they_are.append(field.name)
                else:
                    self._parts[field.name] = part
                if isinstance(part, Table):
                    default = ()
                required = default is dataclasses.MISSING
                members.append((field.name, part.stored_type) if required else (field.name, part.stored_type, default))
        self.stored_type = msgspec.defstruct(
            hint.__name__, members, rename="camel", frozen=True, kw_only=True, omit_defaults=True
        )

    def store(self, value: Any, seals: Seals) -> Any:
        stored = {name: getattr(value, name) for name in self._as_they_are}
        for name, part in self._parts.items():
            stored[name] = part.store(getattr(value, name), seals)
        for field, default in self._personal:
            kept = getattr(value, field.name)
            if kept != default:
                stored[field.name] = seals.shut(kept, getattr(value, field.person_field), field)
        return self.stored_type(**stored)

    def load(self, stored: Any, seals: Seals) -> Any:
        values = {name: getattr(stored, name) for name in self._as_they_are}
        for name, part in self._parts.items():
            values[name] = part.load(getattr(stored, name), seals)
        for field, default in self._personal:
            box = getattr(stored, field.name)
            opened = default if box is None else seals.open(box, field)
            # A state that has no use for `Erased` there goes on as if nothing had been said.
            erased = isinstance(opened, Erased) and default is not dataclasses.MISSING
            values[field.name] = default if erased else opened
        return values

    def persons(self, value: Any) -> Iterable[str]:
        for field, default in self._personal:
            if getattr(value, field.name) != default:
                yield getattr(value, field.person_field)
        for name, part in self._parts.items():
            yield from part.persons(getattr(value, name))

    def sealed_persons(self, stored: Any) -> Iterable[str]:
        for field, _ in self._personal:
            box = getattr(stored, field.name)
            if box is not None:
                yield box.person
        for name, part in self._parts.items():
            yield from part.sealed_persons(getattr(stored, name))


class _Record(Fields):
    """A dataclass."""

    def __init__(self, hint: Any) -> None:
        super().__init__(hint)
        self._class = hint

    def load(self, stored: Any, seals: Seals) -> Any:
        return self._class(**super().load(stored, seals))


def part_of(hint: Any) -> Part:
    """How values of a type are stored."""
    if _is_plain(hint):
        return _Plain(hint)
    base = typing.get_origin(hint) or hint
    if dataclasses.is_dataclass(base):
        return _Record(base)
    if isinstance(base, type) and issubclass(base, Mapping):
        return Table(hint)
    if isinstance(base, type) and issubclass(base, Set):
        return _Members(hint)
    raise TypeError(f"no stored form of {hint} is known")


def _is_plain(hint: Any) -> bool:
    base = typing.get_origin(hint) or hint
    if base in (typing.Union, types.UnionType, tuple):
        return all(part is Ellipsis or _is_plain(part) for part in typing.get_args(hint))
    if dataclasses.is_dataclass(base):
        hints = typing.get_type_hints(base)
        return all(
            "personal" not in field.metadata and _is_plain(hints[field.name]) for field in dataclasses.fields(base)
        )
    return isinstance(base, type) and not issubclass(base, Mapping | Set | Erased)
