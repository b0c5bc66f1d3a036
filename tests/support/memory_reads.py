"""MedCard read models in memory: the real projections over the memory log, folded when somebody asks."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ledger.messages.envelope import PartitionId, partition_of
from ledger.ports import Changes, EventLog
from ledger.reads import (
    BeneficiaryRow,
    CardFilter,
    CardRow,
    Page,
    PrescriptionFilter,
    PrescriptionRow,
    ProjectionRow,
    SpendRow,
)
from ledger.reads.wallets import WalletRow
from projections.projection import changes_of, fact_of
from projections.registry import MEDCARD_GROUP


class NotHere:
    """Stands for read models that have no twin in memory: their queries are tested on the real ones."""

    def __getattr__(self, question: str) -> Any:
        raise AssertionError(f"{question} is asked of PostgreSQL: see `stored_edge`")


class MemoryWalletReads(NotHere):
    """Whose a wallet is, and no more: as commands of members ask it."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def wallet(self, wallet_id: str) -> WalletRow | None:
        partitions = sorted(each for each in await self._log.heads() if each.topic == "wallet")
        partition = partition_of("wallet", wallet_id, len(partitions))
        events = await self._log.read_aggregates(partition, {wallet_id: 0}, 1)
        if not events:
            return None
        made: dict[str, Any] = json.loads(events[0].data)
        at = events[0].occurred_at
        limits = {"daily_limit_minor": None, "monthly_limit_minor": None}
        return WalletRow(
            wallet_id,
            made["userId"],
            made["ownerClass"],
            made["currency"],
            "PENDING",
            **limits,
            created_at=at,
            updated_at=at,
            version=1,
        )


class MemoryMedCardReads:
    """A `MedCardReads` with its `ReadProgress`. It stands still while `frozen`; `questions` counts by method."""

    def __init__(self, log: EventLog) -> None:
        self.frozen = False
        self.questions: dict[str, int] = {}
        self._log = log
        self._offsets: dict[PartitionId, int] = {}
        self._cards: dict[str, dict[str, Any]] = {}
        self._beneficiaries: list[dict[str, Any]] = []
        self._claims: dict[tuple[str, str], dict[str, Any]] = {}
        self._spend: dict[tuple[str, str], dict[str, Any]] = {}

    async def card(self, medcard_id: str) -> CardRow | None:
        await self._follow("card")
        row = self._cards.get(medcard_id)
        return None if row is None else _card(row)

    async def cards(self, where: CardFilter, page: Page) -> Sequence[CardRow]:
        await self._follow("cards")
        wanted = {"user_id": where.user_id, "plan_id": where.plan_id, "status": where.status}
        return [_card(row) for row in _part(self._cards.values(), wanted, page, "created_at", "medcard_id")]

    async def beneficiaries(self, medcard_ids: Collection[str]) -> Sequence[BeneficiaryRow]:
        await self._follow("beneficiaries")
        rows = [row for row in self._beneficiaries if row["medcard_id"] in medcard_ids]
        return [BeneficiaryRow(**{**row, "person": row["person"].encode()}) for row in rows]

    async def prescription(self, medcard_id: str, claim_id: str) -> PrescriptionRow | None:
        await self._follow("prescription")
        row = self._claims.get((medcard_id, claim_id))
        return None if row is None else _claim(row)

    async def prescriptions(self, where: PrescriptionFilter, page: Page) -> Sequence[PrescriptionRow]:
        await self._follow("prescriptions")
        names = ("medcard_id", "pharmacy_id", "beneficiary_id", "status", "month")
        wanted = {name: getattr(where, name) for name in names}
        return [_claim(row) for row in _part(self._claims.values(), wanted, page, "claimed_at", "claim_id")]

    async def spend(self, medcard_ids: Collection[str], month: str) -> Sequence[SpendRow]:
        await self._follow("spend")
        return [SpendRow(**row) for (card, of), row in self._spend.items() if card in medcard_ids and of == month]

    async def applied(self, _projection: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, int]:
        await self._follow("applied")
        return {partition: offset for partition, offset in self._offsets.items() if partition in partitions}

    async def projections(self) -> Sequence[ProjectionRow]:
        await self._follow("projections")
        return [ProjectionRow("medcards", self.frozen, 0, dict(self._offsets))]

    async def _follow(self, question: str) -> None:
        self.questions[question] = self.questions.get(question, 0) + 1
        if self.frozen:
            return
        after = {
            partition: self._offsets.get(partition, 0)
            for partition in await self._log.heads()
            if partition.topic == "medcard"
        }
        events = await self._log.read_after(after, 1_000_000)
        for change in changes_of(MEDCARD_GROUP.projections, [fact_of(event) for event in events]):
            self._apply(change)
        self._offsets.update({event.partition: event.offset for event in events})

    def _apply(self, change: Changes) -> None:
        for row in map(dict, change.rows):
            match change.statement:
                case "insert_medcards":
                    self._cards[row["medcard_id"]] = row
                case "update_medcards":
                    changed = {name: value for name, value in row.items() if value is not None}
                    self._cards[row["medcard_id"]].update(changed)
                case "delete_beneficiaries":
                    self._beneficiaries.remove(self._beneficiary(row))
                case "update_beneficiaries":
                    self._beneficiary(row).update(row)
                case "insert_beneficiaries":
                    self._beneficiaries.append(row)
                case "insert_prescriptions":
                    self._claims[row["medcard_id"], row["claim_id"]] = row
                case "settle_prescriptions":
                    self._claims[row["medcard_id"], row["claim_id"]].update(row)
                case "reverse_prescriptions":
                    claim = self._claims[row["medcard_id"], row["claim_id"]]
                    claim.update(status="REVERSED", reversed_at=row["reversed_at"])
                case "add_monthly_spend":
                    held = self._spend.setdefault((row["medcard_id"], row["month"]), {**row, **_NOTHING})
                    held.update({name: held[name] + row[name] for name in _NOTHING})

    def _beneficiary(self, named: dict[str, Any]) -> dict[str, Any]:
        key = ("medcard_id", "beneficiary_id")
        return next(row for row in self._beneficiaries if all(row[name] == named[name] for name in key))


_NOTHING = {"covered_minor": 0, "total_minor": 0, "claims": 0}


def _card(row: dict[str, Any]) -> CardRow:
    return CardRow(**{**row, "holder": row["holder"].encode()})


def _claim(row: dict[str, Any]) -> PrescriptionRow:
    items = row["items"]
    return PrescriptionRow(**{**row, "items": None if items is None else items.encode()})


def _part(rows: Collection[dict[str, Any]], wanted: dict[str, Any], page: Page, *key: str) -> list[dict[str, Any]]:
    """Newest first, strictly behind the page's start."""
    fit = [row for row in rows if all(value in (None, row[name]) for name, value in wanted.items())]
    keyed = sorted(((tuple(row[name] for name in key), row) for row in fit), key=lambda pair: pair[0], reverse=True)
    return [row for at, row in keyed if page.after is None or at < page.after][: page.limit]
