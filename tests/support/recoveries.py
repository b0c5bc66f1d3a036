"""How long service took to come back after each fault, for the table at the end of a test run."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from tests.support.host_load import HostLoad


@dataclass(frozen=True, slots=True)
class Recovery:
    """`back_s`: from the end of the fault until a claim that was sent after it was acknowledged."""

    fault: str
    back_s: float
    silence_s: float
    acknowledged: int
    troubles: Counter[str]


RECOVERIES: list[Recovery] = []


def note(fault: str, load: HostLoad, back_s: float) -> None:
    """`load` must have acknowledged something after the fault."""
    times = sorted(each.answered_at for each in load.acknowledged)
    silence_s = max(after - before for before, after in pairwise(times))
    RECOVERIES.append(Recovery(fault, back_s, silence_s, len(times), Counter(load.troubles)))


def table() -> str:
    """For people: one line a fault."""
    lines = ["| fault | back after its end | longest silence | acknowledged | what clients were told meanwhile |"]
    lines.append("|---" * 5 + "|")
    for each in RECOVERIES:
        told = ", ".join(f"{count} x {what}" for what, count in sorted(each.troubles.items())) or "nothing"
        lines.append(f"| {each.fault} | {each.back_s:.2f} s | {each.silence_s:.2f} s | {each.acknowledged} | {told} |")
    return "\n".join(lines)
