"""What happened to an aggregate, event by event from the log itself, and what a card was at a past moment."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw

from ledger.api.answers import Answer, Money, money, money_or_none
from ledger.api.edge import Edge, may_ask
from ledger.api.errors import Problem, invalid_at
from ledger.api.inputs import Input
from ledger.api.queries.access import visible_card
from ledger.api.queries.boxes import PersonView
from ledger.api.queries.inputs import Limit
from ledger.api.queries.money_inputs import Moment, in_utc
from ledger.api.queries.payments import payment
from ledger.api.queries.pharmacies import pharmacy
from ledger.api.queries.wallets import visible_wallet
from ledger.domain.kinds import Erased
from ledger.domain.medcard.card import Beneficiary, LimitRequest, MedCard
from ledger.domain.medcard.state import evolve
from ledger.messages.codec import CODECS, EventData
from ledger.messages.commands import Caller
from ledger.messages.envelope import Envelope, PartitionId, partition_of
from ledger.messages.sealing import DataKeys, Sealed, seal_binding, unseal

PAGE_EVENTS_MAX = 200
"""Events that are folded at once: other requests of this replica wait so long and no longer."""
FOLDED_EVENTS_MAX = 50_000
"""A longer past is not folded for one question."""


class AggregateType(StrEnum):
    WALLET = "wallet"
    PAYMENT = "payment"
    MEDCARD = "medcard"
    PHARMACY = "pharmacy"


_TOPIC = {AggregateType.PHARMACY: "medcard"}
Version = Annotated[int, Meta(ge=0, le=2**53)]


class HistoryInput(Input, frozen=True, kw_only=True, omit_defaults=True):
    """Which part of a history: the events behind a version, oldest first."""

    limit: Limit = 50
    after: Version = 0


class CardHistoryInput(HistoryInput, frozen=True, kw_only=True, omit_defaults=True):
    """With `at`, the answer is the card as it was known at that moment, and not its events."""

    at: Moment | None = None


class EventView(Answer, frozen=True, kw_only=True):
    """An event as it stands in the log; personal fields are opened, or null once they were erased."""

    position: str
    version: int
    type: str
    schema_version: int
    occurred_at: datetime
    recorded_at: datetime | None
    epoch: int
    digest: str
    data: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
    metadata: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]


class EventPage(Answer, frozen=True, kw_only=True):
    """Oldest first. `next`: the version to go on after, null at the end."""

    items: tuple[EventView, ...]
    next: int | None


class CoveredPerson(Answer, frozen=True, kw_only=True):
    """Whom a card covered; `person` is null once it was erased."""

    beneficiary_id: str
    relation: str
    person: PersonView | None
    monthly_limit: Money | None


class LimitRequestView(Answer, frozen=True, kw_only=True):
    """A change of the monthly limit that waits for a second pair of eyes, which are not its requester's."""

    request_id: str
    monthly_limit: Money
    requested_by: str
    reason: str


class CardAtView(Answer, frozen=True, kw_only=True):
    """A card as its events made it up to a moment. `coveredByMonth`: what its plan had covered, by month;
    `limitRequests`: the changes of its limit that waited for an answer."""

    med_card_id: str
    at: datetime
    status: str
    user_id: str
    plan_id: str
    card_type: str
    currency: str
    monthly_limit: Money
    annual_limit: Money | None
    copayment_percentage: Money
    expiry_date: date
    beneficiaries: tuple[CoveredPerson, ...]
    covered_by_month: dict[str, Money]
    limit_requests: tuple[LimitRequestView, ...]
    claims: int
    version: int


_See = Callable[[Edge, Caller, str], Awaitable[Any]]
_VISIBLE: Mapping[AggregateType, tuple[str, _See]] = {
    AggregateType.WALLET: ("wallet", visible_wallet),
    AggregateType.PAYMENT: ("payment", payment),
    AggregateType.MEDCARD: ("medCard", visible_card),
    AggregateType.PHARMACY: ("pharmacy", pharmacy),
}
"""Who may not ask for the thing itself may not ask for its past: the query's name, and whose things it shows."""
_encode = msgspec.json.Encoder().encode


async def event_history(
    edge: Edge, caller: Caller, kind: AggregateType, aggregate_id: str, given: HistoryInput
) -> EventPage:
    """A part of an aggregate's events. Raises `Problem`, as for an aggregate that the caller may not see."""
    may_ask("eventHistory", caller)
    query, see = _VISIBLE[kind]
    may_ask(query, caller)
    await see(edge, caller, aggregate_id)
    partition = await _partition(edge, kind, aggregate_id)
    events = await edge.log.read_aggregates(partition, {aggregate_id: given.after}, given.limit + 1)
    shown = events[: given.limit]
    keys = await edge.keys.find({box.person for event in shown for box in _boxes(event.data).values()})
    return EventPage(
        items=tuple(_view(event, keys) for event in shown),
        next=shown[-1].version if len(events) > given.limit else None,
    )


async def card_at(edge: Edge, caller: Caller, medcard_id: str, at: datetime) -> CardAtView:
    """The card as it was known then: by the events that were recorded up to that moment. Raises `Problem`."""
    may_ask("eventHistory", caller)
    may_ask("medCard", caller)
    await visible_card(edge, caller, medcard_id)
    moment = in_utc(at)
    assert moment is not None
    state: MedCard | None = None
    version = 0
    async for events, keys in _until(edge, medcard_id, moment):
        for event in events:
            stored = EventData(event.type, event.schema_version, event.data)
            state = evolve(state, CODECS["medcard"].decode(medcard_id, stored, keys))
            version = event.version
    if state is None:
        raise Problem("card_not_found", "the card was created later")
    return _card(medcard_id, moment, state, version)


async def card_history(edge: Edge, caller: Caller, medcard_id: str, given: CardHistoryInput) -> EventPage | CardAtView:
    """Its events, or with `at` what it was then. Raises `Problem`."""
    if given.at is not None:
        return await card_at(edge, caller, medcard_id, given.at)
    return await event_history(edge, caller, AggregateType.MEDCARD, medcard_id, given)


async def _until(edge: Edge, medcard_id: str, moment: datetime) -> AsyncIterator[tuple[Sequence[Envelope], DataKeys]]:
    """The events recorded up to a moment, page by page, with the keys of the persons they speak of."""
    partition = await _partition(edge, AggregateType.MEDCARD, medcard_id)
    after = 0
    while True:
        page = await edge.log.read_aggregates(partition, {medcard_id: after}, PAGE_EVENTS_MAX)
        known = [event for event in page if event.recorded_at is not None and event.recorded_at <= moment]
        yield known, await edge.keys.find({box.person for event in known for box in _boxes(event.data).values()})
        if len(known) < PAGE_EVENTS_MAX:
            return
        after = page[-1].version
        if after >= FOLDED_EVENTS_MAX:
            raise invalid_at("/at", f"the card has more than {FOLDED_EVENTS_MAX} events up to then")


async def _partition(edge: Edge, kind: AggregateType, aggregate_id: str) -> PartitionId:
    topic = _TOPIC.get(kind, kind.value)
    partitions = sum(1 for partition in await edge.log.heads() if partition.topic == topic)
    return partition_of(topic, aggregate_id, partitions)


def _boxes(data: bytes) -> dict[str, Sealed]:
    """The sealed fields of an event, by their stored names."""
    fields: dict[str, Any] = msgspec.json.decode(data)
    return {
        name: Sealed(value["sealed"], value["person"])
        for name, value in fields.items()
        if isinstance(value, dict) and value.keys() == {"sealed", "person"}
    }


def _view(event: Envelope, keys: DataKeys) -> EventView:
    return EventView(
        position=event.position,
        version=event.version,
        type=event.type,
        schema_version=event.schema_version,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        epoch=event.epoch,
        digest=event.digest.hex(),
        data=Raw(_opened(event, keys)),
        metadata=Raw(event.metadata),
    )


def _opened(event: Envelope, keys: DataKeys) -> bytes:
    boxes = _boxes(event.data)
    if not boxes:
        return event.data
    fields: dict[str, Any] = msgspec.json.decode(event.data)
    for name, box in boxes.items():
        clear = unseal(box, seal_binding(event.aggregate_id, name), keys)
        fields[name] = None if isinstance(clear, Erased) else Raw(clear)
    return _encode(fields)


def _card(medcard_id: str, at: datetime, card: MedCard, version: int) -> CardAtView:
    return CardAtView(
        med_card_id=medcard_id,
        at=at,
        status=card.status.value,
        user_id=card.origin.user_id,
        plan_id=card.origin.plan_id,
        card_type=card.card_type.value,
        currency=card.origin.currency,
        monthly_limit=money(card.monthly_limit_minor),
        annual_limit=money_or_none(card.annual_limit_minor),
        copayment_percentage=money(card.copayment_basis_points),
        expiry_date=card.expiry_date,
        beneficiaries=tuple(map(_covered, card.beneficiaries.values())),
        covered_by_month={month: money(minor) for month, minor in sorted(card.covered_by_month.items())},
        limit_requests=tuple(map(_waiting, card.limit_requests.values())),
        claims=len(card.claims),
        version=version,
    )


def _waiting(request: LimitRequest) -> LimitRequestView:
    return LimitRequestView(
        request_id=request.request_id,
        monthly_limit=money(request.monthly_limit_minor),
        requested_by=request.requested_by,
        reason=request.reason,
    )


def _covered(beneficiary: Beneficiary) -> CoveredPerson:
    person = beneficiary.person
    shown = (
        None
        if isinstance(person, Erased)
        else PersonView(
            national_id=person.national_id,
            name=person.name,
            date_of_birth=person.date_of_birth,
            phone_number=person.phone_number,
        )
    )
    return CoveredPerson(
        beneficiary_id=beneficiary.beneficiary_id,
        relation=beneficiary.relation,
        person=shown,
        monthly_limit=money_or_none(beneficiary.monthly_limit_minor),
    )
