"""Claims of a simulated day, as the messages that go over the wire."""

import random
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

_ITEM = '{"drugCode":"PANADOL-500","drugName":"Panadol Extra 500mg","quantity":1,"unitPrice":"%s","totalPrice":"%s"}'
DRAWN_AT_ONCE = 4096


def card_name(run: str, number: int) -> str:
    return f"pos-{run}-{number}"


def member_name(number: int) -> str:
    return f"member-{number}"


class Zipf:
    """Numbers from 0 to `count - 1`, the n-th 1/n as often as the first: a few cards are busy, most are not."""

    def __init__(self, count: int, draw: random.Random, exponent: float = 1.0) -> None:
        self._draw = draw
        self._sums = list(accumulate(1 / (n + 1) ** exponent for n in range(count)))
        self._drawn: list[int] = []

    def next(self) -> int:
        if not self._drawn:
            whole = self._sums[-1]
            self._drawn = [bisect(self._sums, self._draw.random() * whole) for _ in range(DRAWN_AT_ONCE)]
        return self._drawn.pop()


@dataclass(frozen=True, slots=True)
class Claim:
    """`text` is the whole message."""

    id: str
    card: int
    text: str


class Claims:
    """Of one run: ids and prescriptions are nobody else's."""

    def __init__(self, run: str, cards: int, draw: random.Random, keys: str = "", amount: str = "0.05") -> None:
        """`keys`: what ids begin with, where several runs share their cards."""
        self._run = run
        self._keys = keys or run
        self._cards = Zipf(cards, draw)
        self._made = 0
        item = _ITEM % (amount, amount)
        # All but the four things that differ is put together once.
        self._middle = f'","body":{{"totalAmount":"{amount}","items":[{item}],"prescriptionId":"'

    def next(self) -> Claim:
        card = self._cards.next()
        self._made += 1
        key = f"{self._keys}-{self._made}"
        return Claim(
            key,
            card,
            f'{{"type":"claimPrescription","id":"{key}","card":"pos-{self._run}-{card}{self._middle}'
            f'{key}","beneficiaryId":"member-{card}"}}}}',
        )
