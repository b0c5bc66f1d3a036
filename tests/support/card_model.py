"""A card written a second time and differently: lists of what happened, and sums over them. Slow, plain, no events."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

TIERS = {"BRONZE": (1_000_00, 40), "SILVER": (2_500_00, 30), "GOLD": (5_000_00, 20), "PLATINUM": (10_000_00, 10)}


@dataclass
class ModelClaim:
    claim_id: str
    key: tuple[str, int]
    who: str
    month: str
    total: int
    covered: int
    from_wallet: bool
    serial: str | None
    state: str

    @property
    def takes_cover(self) -> bool:
        return self.state in ("RESERVED", "PAID")


@dataclass
class ModelInsurance:
    claim_id: str
    who: str
    claimed: int
    approved: int = 0
    paid: int = 0
    status: str = "FILED"


@dataclass
class ModelCard:
    """A GOLD card with an annual limit, of 2026, whose limit and copayment are its tier's."""

    annual: int
    at: datetime
    status: str = "ACTIVE"
    tier: str = "GOLD"
    own_limit: int | None = None
    own_percent: Fraction | None = None
    people: dict[str, int | None] = field(default_factory=lambda: {"user-123": None})
    claims: list[ModelClaim] = field(default_factory=list)
    insurance: list[ModelInsurance] = field(default_factory=list)
    voids: list[tuple[tuple[str, int], datetime]] = field(default_factory=list)
    requests: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def limit(self) -> int:
        return TIERS[self.tier][0] if self.own_limit is None else self.own_limit

    @property
    def percent(self) -> Fraction:
        return Fraction(TIERS[self.tier][1]) if self.own_percent is None else self.own_percent

    def covered(self, month: str = "", who: str = "") -> int:
        """Of all claims that hold cover now, or of a month's, or of a person's."""
        return sum(
            claim.covered
            for claim in self.claims
            if claim.takes_cover and month in ("", claim.month) and who in ("", claim.who)
        )

    def drawn(self) -> int:
        return self.covered() + sum(claim.approved for claim in self.insurance)

    def remaining(self, who: str, month: str) -> int:
        left = [self.limit - self.covered(month), self.annual - self.drawn()]
        own = self.people[who]
        if own is not None:
            left.append(own - self.covered(month, who))
        return max(0, min(left))

    def newest(self, key: tuple[str, int]) -> ModelClaim | None:
        return next((claim for claim in reversed(self.claims) if claim.key == key), None)

    def void_waits(self, key: tuple[str, int]) -> bool:
        return any(waiting == key and self.at < until for waiting, until in self.voids)

    def put_void(self, key: tuple[str, int]) -> None:
        self.drop_void(key)
        self.voids.append((key, self.at + timedelta(days=30)))

    def drop_void(self, key: tuple[str, int]) -> None:
        self.voids = [void for void in self.voids if void[0] != key]

    def copay(self, total: int) -> int:
        """Half up: the floor of half a piastre more."""
        return (Fraction(total) * self.percent / 100 + Fraction(1, 2)).__floor__()

    def answer(self, key: tuple[str, int], who: str, month: str, serial: str | None) -> str:
        """The status of a claim, or the reason against it."""
        newest = self.newest(key)
        reasons = [
            ("DUPLICATE", newest is not None and newest.state == "PAID"),
            ("PENDING", newest is not None and newest.state == "RESERVED"),
            ("VOIDED", self.void_waits(key)),
            (f"card_{self.status.lower()}", self.status != "ACTIVE"),
            ("beneficiary_not_covered", who not in self.people),
            ("serial_already_dispensed", self._dispensed(serial)),
            ("limit_exhausted", who in self.people and self.remaining(who, month) == 0),
        ]
        return next((reason for reason, holds in reasons if holds), "COVERED")

    def _dispensed(self, serial: str | None) -> bool:
        return serial is not None and any(claim.serial == serial and claim.takes_cover for claim in self.claims)
