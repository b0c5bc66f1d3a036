"""Read model `medcards`: each card as it stands after its newest event."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.domain.medcard.events import (
    EVENTS,
    HolderUpdated,
    MedCardActivated,
    MedCardClosed,
    MedCardCreated,
    MedCardRenewed,
    MedCardSuspended,
)
from ledger.domain.medcard.state import Status
from ledger.domain.medcard.terms_events import CopaymentChanged, MonthlyLimitChanged, TierDowngraded, TierUpgraded
from ledger.ports import Changes
from projections.projection import Fact, Projection, box_text, names_of, present

_Columns = dict[str, Any]


def _status(status: Status) -> Callable[[Any], _Columns]:
    return lambda _event: {"status": status.value}


def _terms(event: Any) -> _Columns:
    return {
        "card_type": event.card_type.value,
        "monthly_limit_minor": event.monthly_limit_minor,
        "copayment_basis_points": event.copayment_basis_points,
    }


# What an event moves of the card's own columns; none of them is ever set to null.
_COLUMNS: Mapping[str, Callable[[Any], _Columns]] = {
    MedCardActivated.__name__: _status(Status.ACTIVE),
    MedCardSuspended.__name__: _status(Status.SUSPENDED),
    MedCardClosed.__name__: _status(Status.CLOSED),
    MedCardRenewed.__name__: lambda event: {"expiry_date": event.expiry_date},
    HolderUpdated.__name__: lambda event: {"holder": box_text(event.holder)},
    MonthlyLimitChanged.__name__: lambda event: {"monthly_limit_minor": event.monthly_limit_minor},
    CopaymentChanged.__name__: lambda event: {"copayment_basis_points": event.copayment_basis_points},
    TierUpgraded.__name__: _terms,
    TierDowngraded.__name__: _terms,
}


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """One row a card: a new card with all that happened to it in the batch, or what moved on an earlier one."""
    created: dict[str, dict[str, Any]] = {}
    moved: dict[str, dict[str, Any]] = {}
    for fact in facts:
        envelope = fact.envelope
        card_id = envelope.aggregate_id
        if envelope.type == MedCardCreated.__name__:
            created[card_id] = _new_card(fact)
            continue
        row = created.get(card_id) or moved.setdefault(card_id, {"medcard_id": card_id, "status": None})
        row.update(_moved(fact))
        row["version"] = envelope.version
        row["updated_at"] = envelope.occurred_at
    return present([Changes("insert_medcards", [*created.values()]), Changes("update_medcards", [*moved.values()])])


def _moved(fact: Fact) -> _Columns:
    columns = _COLUMNS.get(fact.envelope.type)
    return {} if columns is None else columns(fact.fields)


def _new_card(fact: Fact) -> dict[str, Any]:
    envelope, event = fact
    return {
        "medcard_id": envelope.aggregate_id,
        "user_id": event.user_id,
        "plan_id": event.plan_id,
        "card_type": event.card_type.value,
        "status": Status.PENDING.value,
        "currency": event.currency,
        "monthly_limit_minor": event.monthly_limit_minor,
        "annual_limit_minor": event.annual_limit_minor,
        "copayment_basis_points": event.copayment_basis_points,
        "expiry_date": event.expiry_date,
        "holder": box_text(event.holder),
        "created_at": envelope.occurred_at,
        "updated_at": envelope.occurred_at,
        "version": envelope.version,
    }


# Every event of a card moves its version, whatever else it does.
MEDCARDS = Projection("medcards", names_of(*EVENTS), fold)
