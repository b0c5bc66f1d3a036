"""The queries' side of the ports: rows of the read models, and what may be asked of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from ledger.messages.envelope import PartitionId
from ledger.reads.insurance import InsuranceReads
from ledger.reads.journal import JournalReads
from ledger.reads.paging import Page as Page
from ledger.reads.payments import PaymentReads
from ledger.reads.pharmacies import PharmacyReads
from ledger.reads.wallets import WalletReads


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card. `holder` is the sealed box, opened only for a caller who may see it."""

    medcard_id: str
    user_id: str
    plan_id: str
    card_type: str
    status: str
    currency: str
    monthly_limit_minor: int
    annual_limit_minor: int | None
    copayment_basis_points: int
    expiry_date: date
    holder: bytes
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class BeneficiaryRow:
    medcard_id: str
    beneficiary_id: str
    relation: str
    person: bytes
    monthly_limit_minor: int | None
    since: datetime


@dataclass(frozen=True, slots=True)
class PrescriptionRow:
    """A claim as it was adjudicated; `status` PAID, REJECTED, VOIDED or REVERSED. `items` is the sealed box or None."""

    claim_id: str
    medcard_id: str
    prescription_id: str
    fill_number: int
    pharmacy_id: str
    terminal_id: str | None
    beneficiary_id: str
    service_date: date
    month: str
    currency: str
    status: str
    total_minor: int
    covered_minor: int
    copay_minor: int
    reject_codes: Sequence[str]
    items: bytes | None
    claimed_at: datetime
    reversed_at: datetime | None
    position: str


@dataclass(frozen=True, slots=True)
class SpendRow:
    """What a card's plan has covered in a month, reversals taken off."""

    medcard_id: str
    month: str
    currency: str
    covered_minor: int
    total_minor: int
    claims: int


@dataclass(frozen=True, slots=True)
class CardFilter:
    """Which cards; None means any."""

    user_id: str | None = None
    plan_id: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class PrescriptionFilter:
    """Which claims; None means any."""

    medcard_id: str | None = None
    pharmacy_id: str | None = None
    beneficiary_id: str | None = None
    status: str | None = None
    month: str | None = None


class MedCardReads(Protocol):
    """Queries of the MedCard read models. Lists are newest first and stable while rows arrive."""

    async def card(self, medcard_id: str) -> CardRow | None: ...

    async def cards(self, where: CardFilter, page: Page) -> Sequence[CardRow]:
        """Sort key: (created_at, medcard_id)."""
        ...

    async def beneficiaries(self, medcard_ids: Collection[str]) -> Sequence[BeneficiaryRow]: ...

    async def prescription(self, medcard_id: str, claim_id: str) -> PrescriptionRow | None: ...

    async def prescriptions(self, where: PrescriptionFilter, page: Page) -> Sequence[PrescriptionRow]:
        """Of a card, or of a pharmacy. Sort key: (claimed_at, claim_id)."""
        ...

    async def spend(self, medcard_ids: Collection[str], month: str) -> Sequence[SpendRow]:
        """Cards without a claim in the month have no row."""
        ...


PROJECTION_OF_TOPIC: Mapping[str, str] = {"medcard": "medcards", "wallet": "wallets", "payment": "payments"}
"""Which projection's read models follow a topic; a topic that is missing has none."""


class ReadProgress(Protocol):
    """How far projections have come."""

    async def applied(self, projection: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, int]:
        """The last offset that a projection has applied in each of the partitions; one without any is missing."""
        ...


@dataclass(frozen=True, slots=True)
class ProjectionRow:
    """How one projection stands. `dead_letters`: its parked aggregates, counted up to `DEAD_LETTERS_COUNTED_MAX`."""

    projection: str
    paused: bool
    dead_letters: int
    applied: Mapping[PartitionId, int]


DEAD_LETTERS_COUNTED_MAX = 1_000
"""More are not counted for one look."""


class ProjectionReads(Protocol):
    """How all projections stand."""

    async def projections(self) -> Sequence[ProjectionRow]:
        """By name; one that never ran is missing. Raises `StoreUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class Reads:
    """All queries of the read models."""

    medcards: MedCardReads
    wallets: WalletReads
    payments: PaymentReads
    pharmacies: PharmacyReads
    insurance: InsuranceReads
    journal: JournalReads
    progress: ReadProgress
    projections: ProjectionReads
