"""What the demo makes: the same on every run of a day, so that a second run finds everything there already."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

SEED = 20_261_123
DAYS = 30
CLAIMS_A_CARD = 20
DRUGS = (
    ("PANADOL-500", "Panadol Extra 500mg", 2_250),
    ("AUGMENTIN-1G", "Augmentin 1g", 14_800),
    ("CONCOR-5", "Concor 5mg", 6_950),
    ("GLUCOPHAGE-1G", "Glucophage 1000mg", 8_400),
    ("NEXIUM-40", "Nexium 40mg", 21_500),
    ("VENTOLIN", "Ventolin inhaler", 9_900),
)
GOVERNORATES = ("Cairo", "Giza", "Alexandria", "Dakahlia", "Sharqia", "Assiut", "Aswan", "Luxor")
TIERS = ("BRONZE", "SILVER", "GOLD", "PLATINUM")
FIRST_NAMES = ("Ahmed", "Mona", "Youssef", "Salma", "Omar", "Nour", "Khaled", "Heba")
LAST_NAMES = ("Mohamed", "Hassan", "Ibrahim", "Mahmoud", "Farouk", "Saleh")

Member = dict[str, Any]
"""One command of a batch."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What is made together; a phase needs those before it."""

    name: str
    members: tuple[Member, ...]


def phases(today: date, count: int) -> tuple[Phase, ...]:
    """`count` pharmacies, wallets and cards, and a month of claims up to today."""
    draw = random.Random(SEED)
    return (
        Phase("pharmacies", tuple(member for n in range(count) for member in _pharmacy(n, draw))),
        Phase("wallets", tuple(member for n in range(count) for member in _wallet(n, draw))),
        Phase("cards", tuple(member for n in range(count) for member in _card(n, today, draw))),
        Phase("claims", tuple(_claims(count, today, draw))),
    )


def live_claims(count: int, today: date, draw: random.Random) -> Iterator[Member]:
    """Claims of today, for ever: what a network of pharmacies sends in the course of a day."""
    while True:
        yield _claim(draw.randrange(count), draw.randrange(count), f"live-{draw.getrandbits(64):016x}", today, draw)


def _pharmacy(number: int, draw: random.Random) -> Iterator[Member]:
    name = f"pharmacy-{number:03}"
    about = {"id": name, "name": f"Pharmacy {number + 1}", "governorate": draw.choice(GOVERNORATES)}
    yield _member("registerPharmacy", f"register {name}", body={**about, "licence": f"EG-{10_000 + number}"})
    yield _member("contractPharmacy", f"contract {name}", name)
    caps = {"offlineClaimsMax": 200, "offlineAmountMax": "50000.00", "offlineAgeMaxS": 172_800}
    yield _member("registerTerminal", f"terminal of {name}", name, {"terminalId": f"{name}-t1", **caps})


def _wallet(number: int, draw: random.Random) -> Iterator[Member]:
    name = f"wallet-{number:03}"
    yield _member("createWallet", f"create {name}", body={"id": name, "userId": _user(number)})
    yield _member("activateWallet", f"activate {name}", name)
    credit = {"amount": _amount(draw.randrange(10_000, 500_000, 50)), "source": "demo"}
    yield _member("creditWallet", f"credit {name}", name, credit)


def _card(number: int, today: date, draw: random.Random) -> Iterator[Member]:
    name = f"card-{number:03}"
    born = date(1950 + draw.randrange(55), 1 + draw.randrange(12), 1 + draw.randrange(28))
    holder = {
        "nationalId": f"{3 if born.year >= 2000 else 2}{born:%y%m%d}01{draw.randrange(10_000, 99_999)}",
        "name": f"{draw.choice(FIRST_NAMES)} {draw.choice(LAST_NAMES)}",
        "dateOfBirth": born.isoformat(),
        "phoneNumber": f"+2010{draw.randrange(10_000_000, 99_999_999)}",
    }
    body = {"id": name, "userId": _user(number), "cardType": draw.choice(TIERS), "primaryHolder": holder}
    expiry = date(today.year + 2, 12, 31).isoformat()
    yield _member("createMedCard", f"create {name}", body={**body, "expiryDate": expiry})
    yield _member("activateMedCard", f"activate {name}", name)


def _claims(count: int, today: date, draw: random.Random) -> Iterator[Member]:
    """Day by day, so that the months' limits are drawn on in the order of a real month."""
    for day in range(DAYS - 1, -1, -1):
        on = today - timedelta(days=day)
        for number in range(count * CLAIMS_A_CARD // DAYS):
            yield _claim(draw.randrange(count), draw.randrange(count), f"{on:%Y%m%d}-{number:04}", on, draw)


def _claim(card: int, pharmacy: int, prescription: str, on: date, draw: random.Random) -> Member:
    items = [_item(draw) for _ in range(1 + draw.randrange(3))]
    fee = draw.choice((0, 0, 500))
    total = fee + sum(minor for _, minor in items)
    body = {
        "prescriptionId": f"rx-{prescription}",
        "pharmacyId": f"pharmacy-{pharmacy:03}",
        "beneficiaryId": _user(card),
        "serviceDate": on.isoformat(),
        "totalAmount": _amount(total),
        "items": [item for item, _ in items],
    }
    return _member("claimPrescription", f"claim {prescription}", f"card-{card:03}", body)


def _item(draw: random.Random) -> tuple[dict[str, Any], int]:
    code, name, unit_minor = draw.choice(DRUGS)
    quantity = 1 + draw.randrange(3)
    item = {"drugCode": code, "drugName": name, "quantity": quantity}
    prices = {"unitPrice": _amount(unit_minor), "totalPrice": _amount(quantity * unit_minor)}
    return {**item, **prices}, quantity * unit_minor


def _member(command: str, key: str, on: str | None = None, body: dict[str, Any] | None = None) -> Member:
    return {"command": command, "key": f"demo: {key}", **({"id": on} if on else {}), "body": body or {}}


def _user(number: int) -> str:
    return f"member-{number:03}"


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
