"""Read model `beneficiaries`: whom a card covers."""

from collections.abc import Sequence
from typing import Any

from ledger.domain.medcard.beneficiary_terms import PRIMARY
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    BeneficiaryUpdated,
    HolderUpdated,
    MedCardCreated,
)
from ledger.ports import Changes
from projections.projection import Fact, Projection, box_text, names_of, present

_Row = dict[str, Any]


class _Batch:
    """What a batch does to rows: of each at most one is removed, changed and inserted, in that order."""

    def __init__(self) -> None:
        self.removed: dict[tuple[str, str], _Row] = {}
        self.changed: dict[tuple[str, str], _Row] = {}
        self.inserted: dict[tuple[str, str], _Row] = {}

    def insert(self, row: _Row) -> None:
        self.inserted[_key(row)] = row

    def change(self, row: _Row) -> None:
        key = _key(row)
        if key in self.inserted:
            self.inserted[key].update(row)
        else:
            self.changed.setdefault(key, {}).update(row)

    def remove(self, row: _Row) -> None:
        """A row that the batch itself brought was never there."""
        key = _key(row)
        if self.inserted.pop(key, None) is None:
            self.changed.pop(key, None)
            self.removed[key] = row


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """A new card covers its holder; others come, change and go."""
    batch = _Batch()
    for fact in facts:
        match fact.envelope.type:
            case MedCardCreated.__name__:
                batch.insert(_primary(fact))
            case HolderUpdated.__name__:
                batch.change(_holder(fact))
            case BeneficiaryAdded.__name__:
                batch.insert({**_person(fact), **_terms(fact), "since": fact.envelope.occurred_at})
            case BeneficiaryUpdated.__name__ if fact.fields.relation == PRIMARY:
                # Its person is the holder's box, which this event's is not: the two are bound to different fields.
                batch.change(_terms(fact))
            case BeneficiaryUpdated.__name__:
                batch.change({**_person(fact), **_terms(fact)})
            case _:
                batch.remove(_name(fact))
    return present(
        [
            Changes("delete_beneficiaries", [*batch.removed.values()]),
            Changes("update_beneficiaries", [*batch.changed.values()]),
            Changes("insert_beneficiaries", [*batch.inserted.values()]),
        ]
    )


def _key(row: _Row) -> tuple[str, str]:
    return row["medcard_id"], row["beneficiary_id"]


def _primary(fact: Fact) -> _Row:
    """The holder under the card's user id. `person` is the card's own box, still bound to its field `holder`."""
    envelope, event = fact
    return {
        "medcard_id": envelope.aggregate_id,
        "beneficiary_id": event.user_id,
        "relation": PRIMARY,
        "person": box_text(event.holder),
        "monthly_limit_minor": None,
        "since": envelope.occurred_at,
    }


def _holder(fact: Fact) -> _Row:
    envelope, event = fact
    return {
        "medcard_id": envelope.aggregate_id,
        "beneficiary_id": event.user_id,
        "person": box_text(event.holder),
    }


def _name(fact: Fact) -> _Row:
    return {"medcard_id": fact.envelope.aggregate_id, "beneficiary_id": fact.fields.beneficiary_id}


def _person(fact: Fact) -> _Row:
    """The event's box, bound to its field `person`."""
    return {"person": box_text(fact.fields.person)}


def _terms(fact: Fact) -> _Row:
    event = fact.fields
    return {**_name(fact), "relation": event.relation, "monthly_limit_minor": event.monthly_limit_minor}


BENEFICIARIES = Projection(
    "beneficiaries",
    names_of(MedCardCreated, HolderUpdated, BeneficiaryAdded, BeneficiaryUpdated, BeneficiaryRemoved),
    fold,
)
