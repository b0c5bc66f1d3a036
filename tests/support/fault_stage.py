"""One server with several hosts whose parts are killed, stopped and moved, and a table of how long that was felt."""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ledger.embedded import EmbeddedPostgres
from ledger.embedded.process import is_alive
from ledger.messages.envelope import PartitionId, partition_of
from tests.support.claim_load import ClaimLoad
from tests.support.reconcile import placement, reconcile
from tests.support.record import Acknowledged, Record
from tests.support.server import ROOT, Answer, Server

PARTITIONS = 8
CARDS_PER_PARTITION = 2
HOLDER = {
    "nationalId": "12345678901234",
    "name": "Ahmed Mohamed",
    "dateOfBirth": "1990-01-15",
    "phoneNumber": "+201234567890",
}
CARD = {"userId": "user-123", "cardType": "PLATINUM", "primaryHolder": HOLDER, "expiryDate": "2027-12-31"}
SILENCE_S = 1.0
"""So long without an acknowledgement, and clients feel that something is away."""
SETTLE_CLAIMS = 120
"""Claims acknowledged after everything is back, at the least."""


@dataclass(frozen=True)
class Felt:
    """What clients noticed of a fault, in seconds from it on: the first acknowledgement of a claim sent after it, on
    any card; the first one on an affected card; until their last long silence was over; the longest one.
    """

    fault: str
    first_s: float
    first_affected_s: float
    back_s: float
    silence_s: float
    acknowledged: int
    troubles: str


@dataclass
class Stage:
    """The server, its cards by partition, and the faults so far."""

    server: Server
    folder: Path
    cards: dict[PartitionId, list[str]] = field(default_factory=dict)
    felt: list[Felt] = field(default_factory=list)

    def make_cards(self) -> None:
        """Some active cards in every partition."""
        for number in itertools.count():
            card = f"card-{number}"
            here = self.cards.setdefault(partition_of("medcard", card, PARTITIONS), [])
            if len(here) < CARDS_PER_PARTITION:
                self._make(card)
                here.append(card)
            if len(self.cards) == PARTITIONS and all(len(each) == CARDS_PER_PARTITION for each in self.cards.values()):
                return

    def _make(self, card: str) -> None:
        token = self.server.token()
        assert self.server.request("POST", "/api/v1/medcards", {"id": card, **CARD}, token=token).status == 201
        assert self.server.request("POST", f"/api/v1/medcards/{card}/activate", token=token).status == 200

    @property
    def all_cards(self) -> list[str]:
        return [card for cards in self.cards.values() for card in cards]

    def cards_on(self, host: str) -> list[str]:
        return [card for each in self.partitions_of(host) for card in self.cards.get(each, [])]

    def partitions_of(self, host: str) -> list[PartitionId]:
        return sorted(each for each, row in placement(self.server).items() if row["host"] == host)

    def pid_of(self, host: str) -> int:
        """Of the newest start of the host, as its log says."""
        log = (self.server.data_dir / "logs" / "server.log").read_text(encoding="utf-8", errors="replace")
        return int(re.findall(rf"\(AggregateHostActor pid=(\d+)\).*host {host} owns", log)[-1])

    def health(self, path: str = "/health/ready") -> Answer:
        return self.server.request("GET", path)

    def move(self, partitions: Sequence[PartitionId], host: str, hosts: int = 2) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ledger", "move", *map(str, partitions), host],
            cwd=ROOT,
            env={**self.server.environment, "HEALTHPAY_HOSTS": str(hosts)},
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def second_host(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of that name outside the cluster; it has taken the host's partitions when this returns."""
        own = {
            "HEALTHPAY_DATABASE_URL": EmbeddedPostgres.running_dsn(self.server.data_dir) or "",
            "HEALTHPAY_MASTER_KEY": (self.server.data_dir / "secrets" / "master_key").read_text().strip(),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.second_host", name],
            cwd=ROOT,
            env={**self.server.environment, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"owns ")
            yield process

    @contextmanager
    def load(self, fault: str) -> Iterator[ClaimLoad]:
        """Clients at work; at the end their record is compared with the log, and every key is asked again."""
        name = re.sub(r"[^a-z0-9]+", "-", fault)
        record = Record(self.folder / f"{name}.jsonl")
        try:
            with ClaimLoad(self.server, record, f"{name}-{time.time_ns()}", self.all_cards) as load:
                yield load
        finally:
            record.close()
        reconcile(self.server, record, load)

    def measure(self, fault: str, load: ClaimLoad, since: float, affected: Collection[str]) -> Felt:
        """Waits until all is back, and notes in the table how it was felt."""
        load.wait_for_cards(self.all_cards, since)
        load.wait_for(lambda each: each.sent_at >= since, SETTLE_CLAIMS)
        acknowledged = tuple(load.acknowledged)
        troubles = ", ".join(f"{count} x {what}" for what, count in load.troubles.most_common()) or "none"
        felt = Felt(fault, *_felt_times(acknowledged, since, set(affected)), len(acknowledged), troubles)
        self.felt.append(felt)
        return felt


def _felt_times(
    acknowledged: Sequence[Acknowledged], since: float, affected: set[str]
) -> tuple[float, float, float, float]:
    first = min(each.answered_at for each in acknowledged if each.sent_at >= since)
    here = sorted(each.answered_at for each in acknowledged if each.claim.card in affected and each.answered_at > since)
    first_here = min(each.answered_at for each in acknowledged if each.claim.card in affected and each.sent_at >= since)
    silences = [(after - before, after) for before, after in itertools.pairwise([since, *here])]
    back = max((over for length, over in silences if length > SILENCE_S), default=first_here)
    return first - since, first_here - since, back - since, max(length for length, _ in silences)


def kill(pid: int) -> float:
    """The time at which it was dead."""
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    while is_alive(process):
        time.sleep(0.001)
    return time.monotonic()


def table(felt: Sequence[Felt]) -> str:
    """For people: one line a fault."""
    columns = ["first", "first affected", "back", "longest silence", "acknowledged", "what clients were told meanwhile"]
    lines = ["| fault | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for each in felt:
        seconds = (each.first_s, each.first_affected_s, each.back_s, each.silence_s)
        shown = " | ".join(f"{value:.2f} s" for value in seconds)
        lines.append(f"| {each.fault} | {shown} | {each.acknowledged} | {each.troubles} |")
    return "\n".join(lines)
