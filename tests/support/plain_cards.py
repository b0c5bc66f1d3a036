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
NEED_AN_OPEN_CARD = (
    *("renewMedCard", "changeCopayment", "changeTier", "requestLimitChange", "approveLimitChange"),
    *("rejectLimitChange", "addBeneficiary", "updateBeneficiary", "removeBeneficiary"),
)


@dataclass(frozen=True)
class Asked:
    """One command: its body as plain values, amounts in minor units, and from whom and when it comes."""

    name: str
    body: Mapping[str, Any]
    at: datetime
    role: str = "ADMIN"
    pharmacy: str | None = None
    principal: str = "admin"
    args: Mapping[str, str] = field(default_factory=dict)
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
        if asked.name in NEED_AN_OPEN_CARD and self.status == "CLOSED":
            return refused("card_closed")
        answer: Told = getattr(self, asked.name)(asked)
        return answer

    def learn(self, kind: str, new_id: str) -> None:
        """The id that the newest claim or request was given: `claim_id` or `request_id`."""
        self.facts[-1][kind] = new_id

    def happened(self, what: str, **fact: Any) -> None:
        self.facts.append({"what": what, **fact})

    @staticmethod
    def _is_forbidden(asked: Asked) -> bool:
        """A pharmacy speaks for itself alone; a claim named by its id is judged by the card."""
        return "claimId" not in asked.args and asked.pharmacy not in (
            None,
            asked.body.get("pharmacyId", asked.pharmacy),
        )

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

    @property
    def tier(self) -> str:
        return [fact["tier"] for fact in self.those("created", "tier")][-1]

    @property
    def limit(self) -> int:
        """What somebody set last, or else the tier's."""
        return ([fact["limit"] for fact in self.facts if fact.get("limit") is not None] or [TIERS[self.tier][0]])[-1]

    @property
    def percent(self) -> Fraction:
        set_by_hand = [fact["percent"] for fact in self.facts if fact.get("percent") is not None]
        return (set_by_hand or [Fraction(TIERS[self.tier][1])])[-1]

    @property
    def last_day(self) -> str:
        return [fact["last_day"] for fact in self.facts if "last_day" in fact][-1]

    def people(self) -> dict[str, int | None]:
        """Who is covered, each with a limit of his own or none."""
        covered: dict[str, int | None] = {self.born["sent"]["userId"]: None}
        for fact in self.those("person", "left"):
            if fact["what"] == "left":
                del covered[fact["who"]]
            else:
                covered[fact["who"]] = fact["own"]
        return covered

    def open_requests(self) -> dict[str, Json]:
        answered = {fact["answers"] for fact in self.those("answered")}
        asked = {fact["request_id"]: fact for fact in self.those("requested")}
        return {request_id: fact for request_id, fact in asked.items() if request_id not in answered}

    def used(self, period: str, who: str = "") -> int:
        """In a month or a year, by all or by one."""
        claims = [fact for fact in self.held() if fact["month"].startswith(period) and who in ("", fact["who"])]
        return sum(fact["covered"] for fact in claims)

    def month_left(self, month: str) -> int:
        return max(0, self.limit - self.used(month))

    def left(self, who: str, month: str) -> int:
        annual, own = self.born["annual"], self.people()[who]
        left = [self.month_left(month)]
        left += [] if annual is None else [annual - self.used(month[:4])]
        left += [] if own is None else [own - self.used(month, who)]
        return max(0, min(left))

    def newest_paid(self, key: tuple[Any, ...]) -> Json | None:
        return next((fact for fact in reversed(self.those("paid")) if fact["key"] == key), None)

    def void_waits(self, key: tuple[Any, ...], at: datetime) -> bool:
        newest = next((fact for fact in reversed(self.those("void", "voided")) if fact["key"] == key), None)
        return newest is not None and newest["what"] == "void" and at < newest["until"]

    # The card.

    def createMedCard(self, asked: Asked) -> Told:
        body, today = asked.body, asked.at.date()
        tier_limit = TIERS[body["cardType"]][0]
        wanted = {
            "what": "created",
            "tier": body["cardType"],
            "limit": body.get("monthlyLimit"),
            "annual": body.get("annualLimit"),
            "percent": body.get("copaymentPercentage"),
            "last_day": body["expiryDate"],
            "sent": {name: value for name, value in body.items() if name not in _OF_TIER},
        }
        if self.facts:
            same = self._as_sent(wanted) == self._as_sent(self.born)
            return self._card(asked) if same else refused("card_already_exists")
        limit, percent = wanted["limit"], wanted["percent"]
        reasons: list[tuple[str, bool, Json]] = [
            ("expiry_in_past", body["expiryDate"] < str(today), {"today": str(today)}),
            ("limit_not_positive", 0 in (limit, wanted["annual"]), {}),
            ("copayment_out_of_range", percent is not None and percent > 100, {}),
            (
                "limit_needs_approval",
                asked.role != "ADMIN" and (limit or 0) > tier_limit,
                {"tier_limit_minor": tier_limit},
            ),
        ]
        for code, holds, facts in reasons:
            if holds:
                return refused(code, **facts)
        self.facts.append(wanted)
        return self._card(asked)

    @staticmethod
    def _as_sent(creation: Json) -> Json:
        """A default that is spelled out is the same creation."""
        limit, percent = TIERS[creation["tier"]]
        given = {"limit": creation["limit"], "percent": creation["percent"]}
        filled = {"limit": limit, "percent": Fraction(percent)}
        return creation | {name: filled[name] if value is None else value for name, value in given.items()}

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

    # Its terms.

    def renewMedCard(self, asked: Asked) -> Told:
        if asked.body["expiryDate"] <= self.last_day:
            return refused("expiry_not_later", expiry_date=self.last_day)
        self.happened("renewed", last_day=asked.body["expiryDate"])
        return self._card(asked)

    def changeCopayment(self, asked: Asked) -> Told:
        if asked.body["copaymentPercentage"] > 100:
            return refused("copayment_out_of_range")
        self.happened("copayment", percent=asked.body["copaymentPercentage"])
        return self._card(asked)

    def changeTier(self, asked: Asked) -> Told:
        if asked.body["cardType"] == self.tier:
            return refused("tier_unchanged")
        self.happened("tier", tier=asked.body["cardType"])
        return self._card(asked)

    def requestLimitChange(self, asked: Asked) -> Told:
        wanted = asked.body["monthlyLimit"]
        if wanted <= 0:
            return refused("limit_not_positive")
        if wanted <= TIERS[self.tier][0]:
            self.happened("limit", limit=wanted)
            return self._limit("CHANGED", None)
        self.happened("requested", wants=wanted, by=asked.principal, request_id=NEW)
        return self._limit("REQUESTED", NEW)

    def approveLimitChange(self, asked: Asked) -> Told:
        return self._answered(asked, "CHANGED")

    def rejectLimitChange(self, asked: Asked) -> Told:
        return self._answered(asked, "REJECTED")

    def _answered(self, asked: Asked, status: str) -> Told:
        request_id = asked.args["requestId"]
        request = self.open_requests().get(request_id)
        if request is None:
            return refused("request_not_found")
        if request["by"] == asked.principal:
            return refused("approver_is_requester")
        self.happened("answered", answers=request_id, limit=request["wants"] if status == "CHANGED" else None)
        return self._limit(status, request_id)

    def _limit(self, status: str, request_id: str | None) -> Told:
        body = {"status": status, "monthlyLimit": text(self.limit), "requestId": request_id, "warnings": []}
        return Told("accepted", body)

    # Whom it covers.

    def addBeneficiary(self, asked: Asked) -> Told:
        who, own = asked.body["beneficiaryId"], asked.body.get("monthlyLimit")
        if who in self.people():
            return refused("beneficiary_already_covered")
        if own == 0:
            return refused("limit_not_positive")
        self.happened("person", who=who, own=own)
        return self._person(asked, who)

    def updateBeneficiary(self, asked: Asked) -> Told:
        who, own = asked.args["beneficiaryId"], asked.body.get("monthlyLimit")
        if who not in self.people():
            return refused("beneficiary_not_found")
        if who == self.born["sent"]["userId"] and "relation" in asked.body:
            return refused("primary_holder_stays")
        if own == 0:
            return refused("limit_not_positive")
        free = asked.body.get("withoutMonthlyLimit", False)
        self.happened("person", who=who, own=None if free else own or self.people()[who])
        return self._person(asked, who)

    def removeBeneficiary(self, asked: Asked) -> Told:
        who = asked.args["beneficiaryId"]
        if who not in self.people():
            return refused("beneficiary_not_found")
        if who == self.born["sent"]["userId"]:
            return refused("primary_holder_stays")
        self.happened("left", who=who)
        return self._person(asked, who)

    def _person(self, asked: Asked, who: str) -> Told:
        person = asked.body.get("person")
        wrong = [] if person is None else NATIONAL_IDS[person["nationalId"]]
        warnings = [{"code": code, "path": "/person/nationalId"} for code in wrong]
        return Told("accepted", {"beneficiaryId": who, "warnings": warnings})

    # Claims.

    def claimPrescription(self, asked: Asked) -> Told:
        body = asked.body
        key, total = _key(body), body["totalAmount"]
        day = body.get("serviceDate", str(asked.at.date()))
        paid = self.newest_paid(key)
        if paid is not None and paid in self.held():
            return self._claim(paid, "DUPLICATE", ncpdpCodes=["83"])
        claim = {
            "key": key,
            "who": body["beneficiaryId"],
            "month": day[:7],
            "total": total,
            "covered": 0,
            "copay": 0,
            "claim_id": NEW,
        }
        if self.void_waits(key, asked.at):
            self.happened("voided", **claim)
            return self._claim(claim, "VOIDED", patientPays="0.00")
        reason = self._against(body, day)
        if reason is not None:
            self.happened("rejected", **claim)
            codes = {"rejectCodes": [reason], "ncpdpCodes": NCPDP.get(reason, [])}
            return self._claim(claim, "REJECTED", **codes)
        # Half up: the floor of half a piastre more.
        claim["copay"] = (Fraction(total) * self.percent / 100 + Fraction(1, 2)).__floor__()
        claim["covered"] = min(total - claim["copay"], self.left(body["beneficiaryId"], claim["month"]))
        claim["serials"] = _serials(body)
        self.happened("paid", **claim)
        return self._claim(claim, "PAID")

    def _against(self, body: Mapping[str, Any], day: str) -> str | None:
        items, serials, people = body.get("items", []), _serials(body), self.people()
        dispensed = [serial for fact in self.held() for serial in fact["serials"]]
        reasons = [
            (f"card_{self.status.lower()}", self.status != "ACTIVE"),
            ("card_expired", day > self.last_day),
            ("beneficiary_not_covered", body["beneficiaryId"] not in people),
            ("line_total_mismatch", any(i["quantity"] * i["unitPrice"] != i["totalPrice"] for i in items)),
            ("items_exceed_total", sum(item["totalPrice"] for item in items) > body["totalAmount"]),
            ("serial_already_dispensed", any((dispensed + serials).count(serial) > 1 for serial in serials)),
            ("limit_exhausted", body["beneficiaryId"] in people and self.left(body["beneficiaryId"], day[:7]) == 0),
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
        if "claimId" in asked.args:
            claim = next((fact for fact in self.those("paid") if fact["claim_id"] == asked.args["claimId"]), None)
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
