"""Event classes and their stored form: names, schema versions, upcasting, sealing.

Every event class has a mirror, a `msgspec.Struct` made from its fields with camelCase names, in which a personal
field is a `Sealed` box. msgspec reads and writes mirrors, so that the stored format follows the classes by itself.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from ledger.domain.kinds import Erased, Event
from ledger.domain.medcard import events as _medcard_events
from ledger.domain.payment import events as _payment_events
from ledger.domain.pharmacy import events as _pharmacy_events
from ledger.domain.wallet import events as _wallet_events
from ledger.messages.envelope import canonical_json
from ledger.messages.schemas import SCHEMA_VERSIONS, UPCASTERS
from ledger.messages.sealing import DataKeys, Sealed, seal, seal_binding, unseal


class UnknownEvent(Exception):
    """An event of a type or a newer schema version that this code does not know: never skipped, always loud."""


@dataclass(frozen=True, slots=True)
class PersonalField:
    """A field that is stored sealed, under the key of the person whose id stands in `person_field`."""

    name: str
    stored_name: str
    person_field: str
    clear_type: Any


@dataclass(frozen=True, slots=True)
class EventFormat:
    """How one event class is stored."""

    event_class: type[Event]
    schema_version: int
    mirror: type[msgspec.Struct]
    plain_fields: tuple[str, ...]
    personal_fields: tuple[PersonalField, ...]


@dataclass(frozen=True, slots=True)
class EventData:
    """An event as it goes into an envelope."""

    type: str
    schema_version: int
    data: bytes


class EventCodec:
    """Encodes and decodes the events of one aggregate type. Pure; safe to share."""

    def __init__(self, event_classes: Iterable[type[Event]]) -> None:
        formats = [_format_of(event_class) for event_class in event_classes]
        self._by_class = {entry.event_class: entry for entry in formats}
        self._by_name = {entry.event_class.__name__: entry for entry in formats}

    def persons(self, event: Event) -> set[str]:
        """Whose keys are needed to store this event."""
        return {getattr(event, field.person_field) for field in self._by_class[type(event)].personal_fields}

    def encode(self, aggregate_id: str, event: Event, keys: DataKeys, nonce: Callable[[int], bytes]) -> EventData:
        """The stored form. `keys` must hold the keys of `persons(event)`."""
        entry = self._by_class[type(event)]
        values = {name: getattr(event, name) for name in entry.plain_fields}
        for field in entry.personal_fields:
            values[field.name] = self._sealed(aggregate_id, event, field, keys, nonce)
        return EventData(type(event).__name__, entry.schema_version, canonical_json(entry.mirror(**values)))

    def _sealed(
        self, aggregate_id: str, event: Event, field: PersonalField, keys: DataKeys, nonce: Callable[[int], bytes]
    ) -> Sealed:
        value, person = getattr(event, field.name), getattr(event, field.person_field)
        if isinstance(value, Erased):
            # Carried over from an event whose person is gone: there is nothing left to seal.
            return Sealed("", person)
        return seal(encode_clear(value, field), person, seal_binding(aggregate_id, field.stored_name), keys, nonce)

    def decode(self, aggregate_id: str, stored: EventData, keys: DataKeys) -> Event:
        """The event, upcast to the current schema; personal fields whose key is gone are `Erased`.

        Raises `UnknownEvent`, and `SealBroken` where a sealed field was tampered with.
        """
        entry, mirror = self._read(stored)
        values = {name: getattr(mirror, name) for name in entry.plain_fields}
        for field in entry.personal_fields:
            clear = unseal(getattr(mirror, field.name), seal_binding(aggregate_id, field.stored_name), keys)
            values[field.name] = clear if isinstance(clear, Erased) else decode_clear(clear, field)
        return entry.event_class(**values)

    def sealed_persons(self, stored: EventData) -> set[str]:
        """Whose keys are needed to read this event."""
        entry, mirror = self._read(stored)
        return {getattr(mirror, field.name).person for field in entry.personal_fields}

    def fields(self, stored: EventData) -> msgspec.Struct:
        """The event's fields as they are stored, upcast, personal ones still sealed (`Sealed`): for projections."""
        return self._read(stored)[1]

    def _read(self, stored: EventData) -> tuple[EventFormat, msgspec.Struct]:
        entry = self._by_name.get(stored.type)
        if entry is None or stored.schema_version > entry.schema_version:
            raise UnknownEvent(f"{stored.type} version {stored.schema_version}")
        if stored.schema_version == entry.schema_version:
            return entry, msgspec.json.decode(stored.data, type=entry.mirror)
        return entry, msgspec.convert(_upcast(stored, entry.schema_version), entry.mirror)


def _upcast(stored: EventData, to_version: int) -> dict[str, Any]:
    data = cast(dict[str, Any], msgspec.json.decode(stored.data))
    for version in range(stored.schema_version, to_version):
        data = UPCASTERS[stored.type, version](data)
    return data


def _format_of(event_class: type[Event]) -> EventFormat:
    hints = typing.get_type_hints(event_class)
    plain: list[str] = []
    personal: list[PersonalField] = []
    members: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in dataclasses.fields(cast(Any, event_class)):
        if "personal" in field.metadata:
            personal.append(personal_field_of(field, hints[field.name]))
            members.append((field.name, Sealed))
        else:
            plain.append(field.name)
            absent = field.default is dataclasses.MISSING
            members.append(
                (field.name, hints[field.name]) if absent else (field.name, hints[field.name], field.default)
            )
    # A field with a default was added later: older events lack it, and an event that holds the default is as they are.
    mirror = msgspec.defstruct(
        event_class.__name__, members, rename="camel", frozen=True, kw_only=True, omit_defaults=True
    )
    return EventFormat(event_class, SCHEMA_VERSIONS.get(event_class, 1), mirror, tuple(plain), tuple(personal))


def msgspec_camel(name: str) -> str:
    """`unit_price_minor` -> `unitPriceMinor`, as msgspec's `rename="camel"` does it."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def personal_field_of(field: "dataclasses.Field[Any]", hint: Any) -> PersonalField:
    """How a field that was made by `personal` is stored."""
    return PersonalField(field.name, msgspec_camel(field.name), field.metadata["personal"], _without_erased(hint))


def _without_erased(hint: Any) -> Any:
    if Erased not in typing.get_args(hint):
        return hint
    kept = tuple(part for part in typing.get_args(hint) if part is not Erased)
    return kept[0] if len(kept) == 1 else typing.Union[kept]  # noqa: UP007 - the parts are known only at run time


def mirror_type(hint: Any) -> Any:
    """The type with its dataclasses replaced by camelCase structs that leave out what has its default."""
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        members = [
            (field.name, mirror_type(hints[field.name]))
            if field.default is dataclasses.MISSING
            else (field.name, mirror_type(hints[field.name]), field.default)
            for field in dataclasses.fields(hint)
        ]
        return msgspec.defstruct(cast(type, hint).__name__, members, rename="camel", frozen=True, omit_defaults=True)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return tuple[tuple(mirror_type(part) if part is not Ellipsis else part for part in arguments)]  # type: ignore[misc]
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(mirror_type(part) for part in arguments)]  # noqa: UP007 - as above
    return hint


_mirrors: dict[Any, Any] = {}


def mirrored(value: Any, hint: Any) -> Any:
    """The value of that type in the form that msgspec writes."""
    return msgspec.convert(value, _mirror_of(hint), from_attributes=True)


def _mirror_of(hint: Any) -> Any:
    if hint not in _mirrors:
        _mirrors[hint] = mirror_type(hint)
    return _mirrors[hint]


def encode_clear(value: Any, field: PersonalField) -> bytes:
    """What is sealed of a personal field."""
    return canonical_json(mirrored(value, field.clear_type))


def decode_clear(clear: bytes, field: PersonalField) -> Any:
    """The value of a personal field that was opened."""
    mirror = msgspec.json.decode(clear, type=_mirror_of(field.clear_type))
    return msgspec.convert(mirror, field.clear_type, from_attributes=True)


CODECS: Mapping[str, EventCodec] = {
    "medcard": EventCodec(_medcard_events.EVENTS),
    "pharmacy": EventCodec(_pharmacy_events.EVENTS),
    "payment": EventCodec(_payment_events.EVENTS),
    "wallet": EventCodec(_wallet_events.EVENTS),
}
"""The codec of each aggregate type."""

__all__ = [
    "CODECS",
    "EventCodec",
    "EventData",
    "PersonalField",
    "UnknownEvent",
    "decode_clear",
    "encode_clear",
    "mirror_type",
    "mirrored",
    "msgspec_camel",
    "personal_field_of",
]
