"""Envelopes of MedCard events as the log would hold them: through the real codec, numbered and chained."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.clocks import SeededIds
from ledger.domain.kinds import Event
from ledger.domain.medcard.events import (
    Item,
    MedCardCreated,
    Person,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
)
from ledger.domain.tiers import CardType
from ledger.messages.codec import CODECS
from ledger.messages.envelope import (
    DIGEST_OF_NOTHING,
    Envelope,
    PartitionId,
    canonical_json,
    chained_digest,
    partition_of,
)

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOLDER = Person("29901011234567", "Amina Hassan", date(1999, 1, 1), "+201001234567")
ITEMS = (Item("DRUG001", "Panadol Extra 500mg", 20, 10_00, 200_00), Item("DRUG002", "Augmentin 1g", 1, 150_00, 150_00))


class WrittenLog:
    """Writes events of one kind of aggregate one after the other, a second apart, into partitions of its topic."""

    def __init__(self, topic: str, partitions: int = 1) -> None:
        self._topic = topic
        self._partitions = partitions
        self._ids = SeededIds()
        self._at = START
        self._offsets: dict[PartitionId, int] = defaultdict(int)
        self._versions: dict[str, int] = defaultdict(int)
        self._digests: dict[PartitionId, bytes] = defaultdict(lambda: DIGEST_OF_NOTHING)

    def put(self, aggregate_id: str, event: Event, terminal: str | None = "t-17", aggregate_type: str = "") -> Envelope:
        """The next event of an aggregate: of the topic's own kind, unless another is named."""
        kind = aggregate_type or self._topic
        partition = partition_of(self._topic, aggregate_id, self._partitions)
        self._offsets[partition] += 1
        self._versions[aggregate_id] += 1
        self._at += timedelta(seconds=1)
        codec = CODECS[kind]
        # Every person has the same key: that a field is sealed matters here, not under which key.
        keys = {person: AESGCM(bytes(32)) for person in codec.persons(event)}
        stored = codec.encode(aggregate_id, event, keys, self._ids.random_bytes)
        unsigned = Envelope(
            partition=partition,
            offset=self._offsets[partition],
            aggregate_type=kind,
            aggregate_id=aggregate_id,
            version=self._versions[aggregate_id],
            type=stored.type,
            schema_version=stored.schema_version,
            data=stored.data,
            metadata=canonical_json({"principal": "ph", "terminal": terminal, "source": "terminal"}),
            epoch=1,
            occurred_at=self._at,
            digest=b"",
            recorded_at=self._at,
        )
        digest = chained_digest(self._digests[partition], unsigned)
        self._digests[partition] = digest
        return msgspec.structs.replace(unsigned, digest=digest)


class MedCardLog(WrittenLog):
    """Events of MedCards."""

    def __init__(self, partitions: int = 1) -> None:
        super().__init__("medcard", partitions)


def created(user: str = "user-1", plan: str = "plan-1") -> MedCardCreated:
    return MedCardCreated(user, CardType.GOLD, plan, "EGP", 5_000_00, None, 20_00, date(2028, 12, 31), HOLDER)


def claimed(claim_id: str, pharmacy: str = "pharmacy-1", month: str = "2026-11") -> PrescriptionClaimed:
    """350.00, of which the plan covers 280.00."""
    return PrescriptionClaimed(
        **_claim(claim_id, pharmacy, month), covered_minor=280_00, copay_minor=70_00, plan_id="plan-1", items=ITEMS
    )


def rejected(claim_id: str, *codes: str) -> PrescriptionClaimRejected:
    return PrescriptionClaimRejected(**_claim(claim_id), reject_codes=codes, items=ITEMS)


def voided(claim_id: str) -> PrescriptionClaimVoided:
    return PrescriptionClaimVoided(**_claim(claim_id))


def reversal(claim_id: str, month: str = "2026-11") -> PrescriptionClaimReversed:
    """Of a claim made by `claimed`."""
    claim = _claim(claim_id, month=month)
    del claim["service_date"]
    return PrescriptionClaimReversed(**claim, covered_minor=280_00, reason="not dispensed", plan_id="plan-1")


def _claim(claim_id: str, pharmacy: str = "pharmacy-1", month: str = "2026-11") -> dict[str, Any]:
    return {
        "claim_id": claim_id,
        "prescription_id": f"rx-{claim_id}",
        "fill_number": 0,
        "pharmacy_id": pharmacy,
        "beneficiary_id": "user-1",
        "service_date": date(2026, 11, 23),
        "month": month,
        "currency": "EGP",
        "total_minor": 350_00,
    }
