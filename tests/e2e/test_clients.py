"""The Python client on the whole server: a back end sets a counter up, and the counter sells."""

import asyncio
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.client import Ledger, Terminal
from ledger.client.answers import BatchReport
from ledger.client.api.shared_shapes import PersonInput
from tests.support.server import Server, free_port

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

HOLDER = PersonInput(
    national_id="12345678901234", name="Ahmed", date_of_birth=date(1990, 1, 15), phone_number="+201234567890"
)


async def test_a_back_end_and_a_counter_do_their_day(server: Server, tmp_path: Path) -> None:
    name = f"day-{time.time_ns()}"
    base = f"127.0.0.1:{server.port}"
    async with Ledger(f"http://{base}", server.token()) as back_end:
        await back_end.pharmacies.register_pharmacy(id=name, name="A pharmacy", governorate="Cairo", licence="EG-1")
        await back_end.pharmacies.contract_pharmacy(name)
        await back_end.pharmacies.register_terminal(name, terminal_id="t-1")
        card = await back_end.cards.create_med_card(
            user_id=name, card_type="GOLD", primary_holder=HOLDER, expiry_date=date(2099, 1, 1)
        )
        await back_end.cards.activate_med_card(card.med_card_id)
        token = server.token("PHARMACY", pharmacy=name, terminal="t-1")
        async with Terminal(f"ws://{base}/ws/terminal", token, record=tmp_path / "pos.db") as counter:
            sold = await counter.claim(card.med_card_id, prescription_id="rx-1", beneficiary_id=name, total="100.00")
            back_end.seen(sold.position)
            claims = [each async for each in back_end.prescriptions.all_prescription_claims(card.med_card_id, limit=1)]
            totals = await back_end.pharmacies.pharmacy_totals(name)
            eligible = await counter.eligibility(card.med_card_id, beneficiary_id=name)
        assert [(each.claim_id, each.covered) for each in claims] == [(sold.claim_id, sold.covered)]
        assert (totals.claims, totals.covered) == (1, sold.covered)
        assert eligible.eligible
        assert eligible.remaining == sold.remaining_monthly_limit > Decimal(0)


async def test_what_a_counter_sold_without_a_line_is_replayed_when_there_is_one(server: Server, tmp_path: Path) -> None:
    name = f"offline-{time.time_ns()}"
    base = f"127.0.0.1:{server.port}"
    record = tmp_path / "pos.db"
    async with Ledger(f"http://{base}", server.token()) as back_end:
        await back_end.pharmacies.register_pharmacy(id=name, name="A pharmacy", governorate="Cairo", licence="EG-1")
        await back_end.pharmacies.contract_pharmacy(name)
        await back_end.pharmacies.register_terminal(
            name,
            terminal_id="t-1",
            offline_claims_max=100,
            offline_amount_max=Decimal("10000.00"),
            offline_age_max_s=86_400,
        )
        card = await back_end.cards.create_med_card(
            user_id=name, card_type="GOLD", primary_holder=HOLDER, expiry_date=date(2099, 1, 1)
        )
        await back_end.cards.activate_med_card(card.med_card_id)
        token = server.token("PHARMACY", pharmacy=name, terminal="t-1")
        async with Terminal(f"ws://127.0.0.1:{free_port()}/ws/terminal", token, record=record) as counter:
            for number in range(3):
                await counter.capture(
                    card.med_card_id,
                    prescription_id=f"rx-{number}",
                    beneficiary_id=name,
                    total="100.00",
                    id=f"k-{number}",
                )
        async with Terminal(f"ws://{base}/ws/terminal", token, record=record) as counter:
            batch = await closed_batch(counter)
            entries = await counter.entries()
        assert (batch.claims, batch.answered, batch.rejected) == (3, 3, 0)
        back_end.seen(",".join(entry.answer.position for entry in entries if entry.answer and entry.answer.position))
        totals = await back_end.pharmacies.pharmacy_totals(name)
        assert totals.claims == 3


async def closed_batch(counter: Terminal) -> BatchReport:
    async with asyncio.timeout(30):
        while True:
            [batch] = await counter.batches()
            if batch.state == "closed":
                return batch
            await asyncio.sleep(0.05)
