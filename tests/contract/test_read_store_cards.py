"""Rows of terms, beneficiaries and reservations on a real PostgreSQL: what a statement does not name stays."""

from dataclasses import replace
from datetime import date

import asyncpg
import pytest

from ledger.domain.kinds import Event
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    BeneficiaryUpdated,
    HolderUpdated,
    MedCardRenewed,
)
from ledger.domain.medcard.terms_events import CopaymentChanged, MonthlyLimitChanged, TierUpgraded
from ledger.domain.tiers import CardType
from ledger.messages.envelope import PartitionId
from ledger.ports import Checkpoint, CheckpointMove
from ledger.readstores.medcard_reads import PostgresMedCardReads
from ledger.readstores.postgres_store import PostgresReadStore
from projections.projection import changes_of, fact_of
from projections.registry import MEDCARD_GROUP
from tests.support.medcard_log import HOLDER, MedCardLog, created, reversal
from tests.unit.test_card_projections import from_wallet, released, reserved

pytestmark = pytest.mark.postgres

CHILD = replace(HOLDER, name="Mona Hassan")


class Side:
    """The store and the queries on one database, fed batch by batch."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.store = PostgresReadStore(pool)
        self.reads = PostgresMedCardReads(pool)
        self.log = MedCardLog()
        self._at = 0

    async def apply(self, *events: Event) -> None:
        batch = [self.log.put("card-1", event) for event in events]
        end = batch[-1]
        move = CheckpointMove(PartitionId("medcard", 0), self._at, Checkpoint(end.offset, end.digest))
        changes = changes_of(MEDCARD_GROUP.projections, [fact_of(envelope) for envelope in batch])
        await self.store.apply("medcards", changes, [move])
        self._at = end.offset


@pytest.fixture
def side(database_pool: asyncpg.Pool) -> Side:
    return Side(database_pool)


async def test_terms_change_one_by_one_and_leave_the_others_alone(side: Side) -> None:
    await side.apply(created())
    before = await side.reads.card("card-1")
    assert before is not None
    await side.apply(MedCardRenewed(date(2029, 1, 1)))
    await side.apply(MonthlyLimitChanged(7_00, "x", None))
    await side.apply(CopaymentChanged(12_50, "x"))
    card = await side.reads.card("card-1")
    assert card == replace(
        before,
        expiry_date=date(2029, 1, 1),
        monthly_limit_minor=7_00,
        copayment_basis_points=12_50,
        version=4,
        updated_at=card.updated_at if card else before.updated_at,
    )
    await side.apply(TierUpgraded(CardType.PLATINUM, CardType.GOLD, 10_000_00, 10_00, "x"))
    card = await side.reads.card("card-1")
    assert card is not None
    assert (card.card_type, card.monthly_limit_minor, card.copayment_basis_points) == ("PLATINUM", 10_000_00, 10_00)


async def test_beneficiaries_come_change_and_go(side: Side) -> None:
    await side.apply(created(), BeneficiaryAdded("child-1", "CHILD", 500_00, CHILD))
    await side.apply(HolderUpdated("user-1", replace(HOLDER, name="Amina H.")))
    card = await side.reads.card("card-1")
    holder, child = await side.reads.beneficiaries(["card-1"])
    assert card is not None
    assert (holder.person, holder.monthly_limit_minor) == (card.holder, None)
    assert (child.beneficiary_id, child.relation, child.monthly_limit_minor) == ("child-1", "CHILD", 500_00)
    await side.apply(BeneficiaryUpdated("user-1", "PRIMARY", 9_00, HOLDER))
    await side.apply(BeneficiaryUpdated("child-1", "OTHER", None, CHILD))
    holder, child = await side.reads.beneficiaries(["card-1"])
    assert (holder.person, holder.monthly_limit_minor) == (card.holder, 9_00)
    assert (child.relation, child.monthly_limit_minor) == ("OTHER", None)
    await side.apply(BeneficiaryRemoved("child-1", "x"), BeneficiaryAdded("child-1", "CHILD", 1_00, CHILD))
    [_, child] = await side.reads.beneficiaries(["card-1"])
    assert child.monthly_limit_minor == 1_00
    await side.apply(BeneficiaryRemoved("child-1", "x"))
    assert len(await side.reads.beneficiaries(["card-1"])) == 1


async def test_reserved_claims_are_paid_released_or_taken_back(side: Side) -> None:
    await side.apply(created(), *map(reserved, ("c1", "c2", "c3", "c4")))
    assert await side.reads.spend(["card-1"], "2026-11") == []
    await side.apply(from_wallet("c1"), released("c2", "copay_not_funded"), released("c3"))
    await side.apply(from_wallet("c4"), reversal("c4"))
    found = {}
    for claim_id in ("c1", "c2", "c3", "c4"):
        claim = await side.reads.prescription("card-1", claim_id)
        assert claim is not None
        found[claim_id] = (claim.status, claim.covered_minor, tuple(claim.reject_codes), claim.reversed_at is not None)
    assert found == {
        "c1": ("PAID", 280_00, (), False),
        "c2": ("REJECTED", 0, ("copay_not_funded",), False),
        "c3": ("REVERSED", 0, (), True),
        "c4": ("REVERSED", 280_00, (), True),
    }
    [spend] = await side.reads.spend(["card-1"], "2026-11")
    assert (spend.covered_minor, spend.claims) == (280_00, 1)
