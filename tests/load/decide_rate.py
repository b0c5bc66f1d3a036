"""What the domain alone costs: a million claims decided and evolved on 20,000 cards, in one process.

`python -m tests.load.decide_rate [CLAIMS] [CARDS]` prints a line for each tenth and one JSON line. Cards are chosen by
Zipf's law, so that a few take most claims. Commands are made outside the timed stretches; the collector runs as usual.
"""

import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, islice

import msgspec

from ledger.domain.context import Context
from ledger.domain.kinds import Event
from ledger.domain.medcard.commands import ClaimPrescription
from ledger.domain.medcard.decide import decide
from ledger.domain.medcard.events import PrescriptionClaimed
from ledger.domain.medcard.state import MedCard, evolve
from tests.support.cards import ACTIVE, CLAIM, CREATED, card_after, context

CLAIMS = 1_000_000
CARDS = 20_000
STRETCH = 1_000
SEED = 7
Work = tuple[int, ClaimPrescription, Context]


def main(claims: int = CLAIMS, cards: int = CARDS) -> int:
    states = [new_card() for _ in range(cards)]
    todo = work(claims, cards)
    tenths = []
    for tenth in range(1, 11):
        spent_s = sum(stretch_s(states, list(islice(todo, STRETCH))) for _ in range(claims // STRETCH // 10))
        tenths.append(spent_s / (claims / 10) * 1e6)
        print(f"{tenth * 10:3} % {tenths[-1]:6.1f} µs a claim", flush=True)
    report = {
        "claims": claims,
        "cards": cards,
        "us_per_claim": round(sum(tenths) / 10, 1),
        "us_per_claim_first_tenth": round(tenths[0], 1),
        "us_per_claim_last_tenth": round(tenths[-1], 1),
        "fullest_card_claims": max(len(state.claims) for state in states),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(msgspec.json.encode(report).decode())
    return 0


def new_card() -> MedCard:
    """Active, with limits that no claim here reaches."""
    card = card_after((replace(CREATED, monthly_limit_minor=10**15), *ACTIVE[1:]))
    assert card is not None
    return card


def work(claims: int, cards: int) -> Iterator[Work]:
    """As many claims, each of another prescription."""
    choice = random.Random(SEED)
    weights = list(accumulate(1 / rank for rank in range(1, cards + 1)))
    for first in range(0, claims, STRETCH):
        for at, card in enumerate(choice.choices(range(cards), cum_weights=weights, k=STRETCH), start=first):
            yield card, replace(CLAIM, prescription_id=f"rx-{at}"), context(str(at))


def stretch_s(states: list[MedCard], todo: list[Work]) -> float:
    """The processor's time that these claims take, one after the other: what others do meanwhile is not counted."""
    began = time.process_time()
    for card, command, at in todo:
        answer = decide(states[card], command, at)
        assert isinstance(answer, Event)
        states[card] = evolve(states[card], answer)
    spent_s = time.process_time() - began
    assert isinstance(answer, PrescriptionClaimed)
    return spent_s


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
