"""A client's own record: what it sent and what was acknowledged, on disk as it came."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec


class Claim(msgspec.Struct, frozen=True):
    """A command that the client means once, whatever happens: one key for all its tries."""

    card: str
    key: str

    @property
    def path(self) -> str:
        return f"/api/v1/medcards/{self.card}/claims/prescriptions"

    @property
    def body(self) -> dict[str, Any]:
        """Its prescription is nobody else's, so that the log tells its effects from others'."""
        said = {"prescriptionId": self.key, "pharmacyId": "pharmacy-101", "beneficiaryId": "user-123"}
        return {**said, "totalAmount": 1, "items": []}


class Acknowledged(msgspec.Struct, frozen=True):
    """The answer that counts. Times are seconds of the monotonic clock; `sent_at` is that of the try it answers."""

    claim: Claim
    body: str
    position: str
    sent_at: float
    answered_at: float


class _Line(msgspec.Struct, omit_defaults=True):
    sent: Claim | None = None
    acknowledged: Acknowledged | None = None


@dataclass
class Record:
    """JSON lines, each flushed before the client goes on."""

    path: Path

    def __post_init__(self) -> None:
        self._file = self.path.open("ab", buffering=0)

    def sent(self, claim: Claim) -> None:
        """Before the first try."""
        self._file.write(msgspec.json.encode(_Line(sent=claim)) + b"\n")

    def acknowledged(self, acknowledged: Acknowledged) -> None:
        self._file.write(msgspec.json.encode(_Line(acknowledged=acknowledged)) + b"\n")

    def close(self) -> None:
        self._file.close()

    def read(self) -> tuple[set[str], dict[str, Acknowledged]]:
        """From the disk: the keys that were sent, and the acknowledgements by key."""
        lines = [msgspec.json.decode(line, type=_Line) for line in self.path.read_bytes().splitlines()]
        acknowledged = [line.acknowledged for line in lines if line.acknowledged is not None]
        assert len({each.claim.key for each in acknowledged}) == len(acknowledged), "a key was acknowledged twice"
        return {line.sent.key for line in lines if line.sent is not None}, {
            each.claim.key: each for each in acknowledged
        }
