"""How long a reversal waits for the claim that it overtook, as dated configuration."""

from datetime import timedelta

import pytest

from ledger.domain.medcard import claims
from ledger.domain.medcard.commands import ReversePrescription
from ledger.domain.medcard.events import PrescriptionVoidPending
from tests.support.cards import ACTIVE, NOW, TODAY, context, when


@pytest.mark.parametrize(("later_by", "waits"), [(-5, 30), (0, 30), (1, 7), (400, 7)])
def test_a_reversal_waits_as_long_as_on_the_day_on_which_it_came(
    monkeypatch: pytest.MonkeyPatch, later_by: int, waits: int
) -> None:
    monkeypatch.setattr(claims, "VOID_PENDING_DAYS", ((TODAY, 30), (TODAY + timedelta(days=1), 7)))
    at = NOW + timedelta(days=later_by)
    waiting = when(ACTIVE, ReversePrescription("pharmacy-101", "rx-789", 0, "returned"), context(at=at))
    assert isinstance(waiting, PrescriptionVoidPending)
    assert waiting.expires_at == at + timedelta(days=waits)
