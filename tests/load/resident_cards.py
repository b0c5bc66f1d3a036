"""What a card costs in memory: cards of three persons and twelve claims, as they come from the log.

`python -m tests.load.resident_cards [CARDS] [CLAIMS_A_MONTH]` prints one JSON line. Every second claim names a pack by
its serial. The events are encoded and decoded as the runtime does it, so that no text is shared but by the domain.
"""

import gc
import sys
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import psutil
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.clocks import SeededIds
from ledger.domain.kinds import Event
from ledger.domain.medcard.events import BeneficiaryAdded, MedCardActivated, Person
from ledger.messages.codec import CODECS
from ledger.messages.envelope import PartitionId
from ledger.runtime.entity import AggregateKey, Entity
from tests.support.cards import CREATED, HOLDER, PANADOL, card_after, paid

CARDS = 100_000
CLAIMS = 12
CLAIMS_A_MONTH = 4
CODEC, KEY, IDS = CODECS["medcard"], AESGCM(bytes(32)), SeededIds(7)


def person(card: int, number: int) -> Person:
    return replace(
        HOLDER,
        national_id=f"{card:012d}{number:02d}",
        name=f"Person {card} {number} Mohamed",
        phone_number=f"+2012{card:07d}{number}",
    )


def history(card: int, claims_a_month: int) -> Iterator[Event]:
    user = f"user-{card}"
    yield replace(CREATED, user_id=user, holder=person(card, 0))
    yield MedCardActivated()
    for number in (1, 2):
        yield BeneficiaryAdded(f"{user}-{number}", "CHILD", None, person(card, number))
    for number in range(CLAIMS):
        yield paid(
            claim_id=f"clm_{card:020d}{number:010d}",
            prescription_id=f"rx-{card}-{number}",
            pharmacy_id=f"pharmacy-{(card + number) % 500}",
            beneficiary_id=user,
            month=f"2026-{number // claims_a_month + 1:02d}",
            items=(replace(PANADOL, serial=f"S{card}-{number}" if number % 2 else None),),
        )


def entity(card: int, claims_a_month: int) -> Entity:
    name, events = f"card-{card}", []
    for event in history(card, claims_a_month):
        keys = dict.fromkeys(CODEC.persons(event), KEY)
        events.append(CODEC.decode(name, CODEC.encode(name, event, keys, IDS.random_bytes), keys))
    return Entity("medcard", card_after(events), len(events), IDS.random_bytes(32))


def main(cards: int = CARDS, claims_a_month: int = CLAIMS_A_MONTH) -> int:
    partition, residents = PartitionId("medcard", 0), dict[AggregateKey, Entity]()
    entity(0, claims_a_month)
    gc.collect()
    before = psutil.Process().memory_info().rss
    for card in range(cards):
        residents[partition, f"card-{card}"] = entity(card, claims_a_month)
    gc.collect()
    bytes_each = (psutil.Process().memory_info().rss - before) // cards
    print(msgspec.json.encode({"cards": cards, "claims_a_month": claims_a_month, "bytes_each": bytes_each}).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
