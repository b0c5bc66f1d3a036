"""What may go wrong in a run, and how often: every seed has its own mixture."""

from random import Random

FAULTS = (
    # An append's: never arrives; is done, but its answer is lost; lands after its caller gave up; is refused for now.
    "lost before",
    "lost after",
    "late",
    "away",
    "slow",
    # Something that no contract names, before or after the deed.
    "strange before",
    "strange after",
    # Of reads and bumps: unreachable; done, but unanswered.
    "read away",
    "bump unanswered",
    # Of the callers' network.
    "disconnect",
    "wrong host",
    "repeat",
    "impatient",
    "conflict",
    "bad data",
    "clock",
)

HEATS = (0.05, 0.2, 0.5)


class Chance:
    """The dice of one run. `calm` ends all faults: what is whole then has to come to rest."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.calm = False
        self.struck: set[str] = set()
        share = random.choice((0.1, 0.3, 0.6))
        self._odds = {fault: random.choice(HEATS) if random.random() < share else 0.0 for fault in FAULTS}

    def strikes(self, fault: str) -> bool:
        odds = self._odds[fault]
        if odds == 0.0 or self.calm or self._random.random() >= odds:
            return False
        self.struck.add(fault)
        return True

    @property
    def strange(self) -> bool:
        """Whether something happened that no contract names: then a command may fail as if by a bug of ours."""
        return "strange before" in self.struck or "strange after" in self.struck

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def moment(self) -> float:
        """A way through a network: mostly short, sometimes none at all, now and then long."""
        dice = self._random.random()
        if dice < 0.3:
            return 0.0
        return 0.005 * dice if dice < 0.95 or self.calm else dice

    def mixture(self) -> str:
        return ", ".join(f"{fault} {odds:.0%}" for fault, odds in self._odds.items() if odds) or "no faults"
