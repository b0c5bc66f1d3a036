"""What an audit has looked at, and what it found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

FINDINGS_MAX = 100
"""Findings of one check that are kept; a damaged log has enough with the first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be: which check, where (a position, a key, a row), and what."""

    check: str
    where: str
    what: str


@dataclass(slots=True)
class Report:
    """The outcome of an audit. `counts`: how much each check has looked at."""

    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.findings

    def looked_at(self, check: str, count: int = 1) -> None:
        self.counts[check] = self.counts.get(check, 0) + count

    def found(self, check: str, where: str, what: str) -> None:
        if sum(finding.check == check for finding in self.findings) < FINDINGS_MAX:
            self.findings.append(Finding(check, where, what))

    def public(self) -> dict[str, Any]:
        """For machines."""
        shown = [{"check": each.check, "where": each.where, "what": each.what} for each in self.findings]
        return {"sound": self.sound, "counts": self.counts, "findings": shown}

    def text(self) -> str:
        """For people."""
        counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in self.counts.items())
        lines = [f"{each.check}: {each.where}: {each.what}" for each in self.findings]
        return "\n".join([f"looked at: {counts}", *lines, "sound" if self.sound else f"{len(lines)} findings"])


Progress = Callable[[str], None]
"""Told now and then what is being looked at."""


def rows_to_findings(report: Report, check: str, rows: Sequence[Any]) -> None:
    """Each row has `place` and `what`."""
    for row in rows:
        report.found(check, row["place"], row["what"])
