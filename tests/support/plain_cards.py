"""Cards as their callers see them, written a second time and differently: a list of accepted facts, and sums over it.

Nothing is kept but the list. Every question goes through all of it, and answers are the JSON that a client would read,
amounts as texts. A further command is one more method, named like the command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

TIERS = {"BRONZE": (1_000_00, 40), "SILVER": (2_500_00, 30), "GOLD": (5_000_00, 20), "PLATINUM": (10_000_00, 10)}
NCPDP = {
    "card_pending": ["67"],
    "card_suspended": ["69"],
    "card_closed": ["69"],
    "card_expired": ["68"],
    "beneficiary_not_covered": ["65"],
    "limit_exhausted": ["76"],
}
NATIONAL_IDS = {
    "29001150100017": [],
    "29001150100018": ["national_id_check_digit"],
    "12345678901234": ["national_id_structure"],
}
"""National ids, and what is wrong with each."""

Json = dict[str, Any]
NEW = "an id that nobody has seen before"


@dataclass(frozen=True)
class Asked:
    """One command: its body as plain values, amounts in minor units, and from whom and when it comes."""

    name: str
    body: Mapping[str, Any]
    at: datetime
    role: str = "ADMIN"
    pharmacy: str | None = None
    claim_id: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class Told:
    """The answer: `accepted`, `refused` or `forbidden`, and its JSON. Position and version are the caller's to add."""

    outcome: str
    body: Json = field(default_factory=dict)


def text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def refused(code: str, **facts: Any) -> Told:
    return Told("refused", {"code": code, "facts": facts})


class PlainCard:
    """One card. `facts`: everything that it accepted, oldest first, each with what the command said."""

    def __init__(self) -> None:
        self.facts: list[Json] = []

    @property
    def version(self) -> int:
        return len(self.facts)

    def give(self, asked: Asked) -> Told:
        """The answer; where something was accepted that changes the card, the list is one longer."""
        if self._is_forbidden(asked):
            return Told("forbidden")
        if asked.expected_version not in (None, self.version):
            return refused("version_conflict", version=self.version)
        if asked.name != "createMedCard" and not self.facts:
            return refused("card_not_found")
        answer: Told = getattr(self, asked.name)(asked)
        return answer

    def learn(self, claim_id: str) -> None:
        """The id that the newest claim was given."""
        self.facts[-1]["claim_id"] = claim_id

    def happened(self, what: str, **fact: Any) -> None:
        self.facts.append({"what": what, **fact})

    @staticmethod
    def _is_forbidden(asked: Asked) -> bool:
        """A pharmacy speaks for itself alone; a claim named by its id is judged by the card."""
        return asked.claim_id is None and asked.pharmacy not in (None, asked.body.get("pharmacyId", asked.pharmacy))

    # Questions, each answered from the beginning.

    def those(self, *what: str) -> list[Json]:
        return [fact for fact in self.facts if fact["what"] in what]

    @property
    def born(self) -> Json:
        return self.facts[0]

    @property
    def status(self) -> str:
        names = {"created": "PENDING", "activated": "ACTIVE", "suspended": "SUSPENDED", "closed": "CLOSED"}
        return [names[fact["what"]] for fact in self.facts if fact["what"] in names][-1]

    def held(self) -> list[Json]:
        """Paid claims that nobody has taken back."""
        taken_back = {fact["claim_id"] for fact in self.those("reversed")}
        return [fact for fact in self.those("paid") if fact["claim_id"] not in taken_back]

    def month_left(self, month: str) -> int:
        return max(0, self.born["limit"] - sum(fact["covered"] for fact in self.held() if fact["month"] == month))

    def left(self, month: str) -> int:
        annual, year = self.born["annual"], month[:4]
        if annual is None:
            return self.month_left(month)
        used = sum(fact["covered"] for fact in self.held() if fact["month"].startswith(year))
        return max(0, min(self.month_left(month), annual - used))

    def newest_paid(self, key: tuple[Any, ...]) -> Json | None:
        return next((fact for fact in reversed(self.those("paid")) if fact["key"] == key), None)

    def void_waits(self, key: tuple[Any, ...], at: datetime) -> bool:
        newest = next((fact for fact in reversed(self.those("void", "voided")) if fact["key"] == key), None)
        return newest is not None and newest["what"] == "void" and at < newest["until"]

    # The card.

    def createMedCard(self, asked: Asked) -> Told:
        body, today = asked.body, asked.at.date()
        limit, percent = TIERS[body["cardType"]]
        wanted = {
            "what": "created",
            "limit": body.get("monthlyLimit", limit),
            "annual": body.get("annualLimit"),
            "percent": body.get("copaymentPercentage", Fraction(percent)),
            "sent": {name: value for name, value in body.items() if name not in _OF_TIER},
        }
        if self.facts:
            return self._card(asked) if self.born == wanted else refused("card_already_exists")
        reasons = [
            ("expiry_in_past", body["expiryDate"] < str(today), {"today": str(today)}),
            ("limit_not_positive", wanted["limit"] <= 0 or wanted["annual"] == 0, {}),
            ("copayment_out_of_range", not 0 <= wanted["percent"] <= 100, {}),
            ("limit_needs_approval", asked.role != "ADMIN" and wanted["limit"] > limit, {"tier_limit_minor": limit}),
        ]
        for code, holds, facts in reasons:
            if holds:
                return refused(code, **facts)
        self.facts.append(wanted)
        return self._card(asked)

    def activateMedCard(self, asked: Asked) -> Told:
        return self._moved(asked, "activated", ("PENDING", "SUSPENDED"))

    def suspendMedCard(self, asked: Asked) -> Told:
        return self._moved(asked, "suspended", ("ACTIVE",))

    def closeMedCard(self, asked: Asked) -> Told:
        return self._moved(asked, "closed", ("PENDING", "ACTIVE", "SUSPENDED"))

    def _moved(self, asked: Asked, to: str, only_from: tuple[str, ...]) -> Told:
        if self.status == "CLOSED":
            return refused("card_closed")
        if self.status not in only_from:
            return refused("invalid_state", status=self.status)
        self.happened(to)
        return self._card(asked)

    def _card(self, asked: Asked) -> Told:
        wrong = NATIONAL_IDS[asked.body["primaryHolder"]["nationalId"]] if asked.name == "createMedCard" else []
        warnings = [{"code": code, "path": "/primaryHolder/nationalId"} for code in wrong]
        return Told("accepted", {"status": self.status, "warnings": warnings})

    # Claims.

    def claimPrescription(self, asked: Asked) -> Told:
        body = asked.body
        key, total = _key(body), body["totalAmount"]
        day = body.get("serviceDate", str(asked.at.date()))
        paid = self.newest_paid(key)
        if paid is not None and paid in self.held():
            return self._claim(paid, "DUPLICATE", ncpdpCodes=["83"])
        claim = {"key": key, "month": day[:7], "total": total, "covered": 0, "copay": 0, "claim_id": NEW}
        if self.void_waits(key, asked.at):
            self.happened("voided", **claim)
            return self._claim(claim, "VOIDED", patientPays="0.00")
        reason = self._against(body, day)
        if reason is not None:
            self.happened("rejected", **claim)
            codes = {"rejectCodes": [reason], "ncpdpCodes": NCPDP.get(reason, [])}
            return self._claim(claim, "REJECTED", **codes)
        # Half up: the floor of half a piastre more.
        claim["copay"] = (Fraction(total) * self.born["percent"] / 100 + Fraction(1, 2)).__floor__()
        claim["covered"] = min(total - claim["copay"], self.left(claim["month"]))
        claim["serials"] = _serials(body)
        self.happened("paid", **claim)
        return self._claim(claim, "PAID")

    def _against(self, body: Mapping[str, Any], day: str) -> str | None:
        items, serials = body.get("items", []), _serials(body)
        dispensed = [serial for fact in self.held() for serial in fact["serials"]]
        reasons = [
            (f"card_{self.status.lower()}", self.status != "ACTIVE"),
            ("card_expired", day > self.born["sent"]["expiryDate"]),
            ("beneficiary_not_covered", body["beneficiaryId"] != self.born["sent"]["userId"]),
            ("line_total_mismatch", any(i["quantity"] * i["unitPrice"] != i["totalPrice"] for i in items)),
            ("items_exceed_total", sum(item["totalPrice"] for item in items) > body["totalAmount"]),
            ("serial_already_dispensed", any((dispensed + serials).count(serial) > 1 for serial in serials)),
            ("limit_exhausted", self.left(day[:7]) == 0),
        ]
        return next((reason for reason, holds in reasons if holds), None)

    def _claim(self, claim: Json, status: str, **more: Any) -> Told:
        answer = {
            "claimId": claim["claim_id"],
            "prescriptionId": claim["key"][1],
            "status": status,
            "currency": "EGP",
            "total": text(claim["total"]),
            "covered": text(claim["covered"]),
            "copay": text(claim["copay"]),
            "patientPays": text(claim["total"] - claim["covered"]),
            "remainingMonthlyLimit": text(self.month_left(claim["month"])),
            "month": claim["month"],
            "rejectCodes": [],
            "ncpdpCodes": [],
            "warnings": [],
        }
        return Told("accepted", answer | more)

    def reversePrescriptionClaim(self, asked: Asked) -> Told:
        if asked.claim_id is not None:
            claim = next((fact for fact in self.those("paid") if fact["claim_id"] == asked.claim_id), None)
            if claim is None or asked.pharmacy not in (None, claim["key"][0]):
                return refused("claim_not_found")
            return self._taken_back(claim)
        key = _key(asked.body)
        claim = self.newest_paid(key)
        if claim is not None:
            return self._taken_back(claim)
        if not self.void_waits(key, asked.at):
            self.happened("void", key=key, until=asked.at + timedelta(days=30))
        return Told("accepted", _reversal(None, "VOID_PENDING", 0, None))

    def _taken_back(self, claim: Json) -> Told:
        if claim in self.held():
            self.happened("reversed", claim_id=claim["claim_id"])
        return Told("accepted", _reversal(claim["claim_id"], "REVERSED", claim["covered"], claim["month"]))


_OF_TIER = ("monthlyLimit", "annualLimit", "copaymentPercentage")


def _key(body: Mapping[str, Any]) -> tuple[Any, ...]:
    return body["pharmacyId"], body["prescriptionId"], body.get("fillNumber", 0)


def _serials(body: Mapping[str, Any]) -> list[str]:
    return [item["serial"] for item in body.get("items", []) if "serial" in item]


def _reversal(claim_id: str | None, status: str, restored: int, month: str | None) -> Json:
    return {"claimId": claim_id, "status": status, "restored": text(restored), "month": month, "warnings": []}
