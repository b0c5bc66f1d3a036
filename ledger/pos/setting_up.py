"""Pharmacies, terminals and active cards for a run, made through the public API."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import httpx

from ledger.pos.claims import card_name, member_name

BATCH_COMMANDS = 200
AT_ONCE = 4
TRIES_MAX = 30
TRY_AGAIN_AFTER_S = 0.5
TERMINALS_A_PHARMACY = 20
CARD_YEARS = 3
OFFLINE_CAPS = {"offlineClaimsMax": 500, "offlineAmountMax": "100000.00", "offlineAgeMaxS": 604_800}

Member = dict[str, Any]
Say = Callable[[str], None]


class SetUpFailed(Exception):
    """The server refused what the run needs, or could not be reached; the text says what."""


def pharmacy_of(run: str, terminal: int) -> str:
    return f"pos-{run}-pharmacy-{terminal // TERMINALS_A_PHARMACY}"


def terminal_name(run: str, terminal: int) -> str:
    return f"pos-{run}-t{terminal}"


async def set_up(base: str, token: str, run: str, terminals: int, cards: int, today: date, say: Say) -> None:
    """Raises `SetUpFailed`. Cards are of the highest tier, and last for some years."""
    groups = [*_pharmacies(run, terminals), *(_card(run, number, today) for number in range(cards))]
    batches: list[list[Member]] = [[]]
    for group in groups:
        if len(batches[-1]) + len(group) > BATCH_COMMANDS:
            batches.append([])
        batches[-1].extend(group)
    total, done = sum(map(len, batches)), 0
    waiting = iter(batches)
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=base, timeout=60.0, limits=limits, trust_env=False) as http:

        async def work() -> None:
            nonlocal done
            for batch in waiting:
                await _send(http, token, batch)
                done += len(batch)
                say(f"setting up: {done:,} of {total:,} commands")

        async with asyncio.TaskGroup() as group_of_tasks:
            for _ in range(AT_ONCE):
                group_of_tasks.create_task(work())


def _pharmacies(run: str, terminals: int) -> list[list[Member]]:
    by_pharmacy: dict[str, list[Member]] = {}
    for number in range(terminals):
        name = pharmacy_of(run, number)
        if name not in by_pharmacy:
            about = {"id": name, "name": f"Simulated {name}", "governorate": "Cairo", "licence": f"EG-{name}"}
            by_pharmacy[name] = [
                _member("registerPharmacy", f"register {name}", None, about),
                _member("contractPharmacy", f"contract {name}", name),
            ]
        terminal = terminal_name(run, number)
        body = {"terminalId": terminal, **OFFLINE_CAPS}
        by_pharmacy[name].append(_member("registerTerminal", f"register {terminal}", name, body))
    return list(by_pharmacy.values())


def _card(run: str, number: int, today: date) -> list[Member]:
    name = card_name(run, number)
    holder = {
        "nationalId": "29001150112345",
        "name": f"Simulated Member {number}",
        "dateOfBirth": "1990-01-15",
        "phoneNumber": "+201234567890",
    }
    body = {
        "id": name,
        "userId": member_name(number),
        "cardType": "PLATINUM",
        "primaryHolder": holder,
        "expiryDate": (today + timedelta(days=365 * CARD_YEARS)).isoformat(),
    }
    return [
        _member("createMedCard", f"create {name}", None, body),
        _member("activateMedCard", f"activate {name}", name),
    ]


def _member(command: str, key: str, on: str | None, body: dict[str, Any] | None = None) -> Member:
    return {"command": command, "key": key, **({"id": on} if on else {}), "body": body or {}}


async def _send(http: httpx.AsyncClient, token: str, batch: Sequence[Member]) -> None:
    """Until all of it is done; every try under the same keys."""
    left = list(batch)
    for _ in range(TRIES_MAX):
        found = await _try(http, token, left)
        if found is not None:
            results = list(zip(left, found, strict=True))
            for member, result in results:
                if result["status"] >= 300 and not result["body"].get("retryable"):
                    raise SetUpFailed(
                        f"{member['command']}: {result['body'].get('code')} {result['body'].get('detail')}"
                    )
            left = [member for member, result in results if result["status"] >= 300]
        if not left:
            return
        await asyncio.sleep(TRY_AGAIN_AFTER_S)
    raise SetUpFailed("the server cannot be reached, or has no time")


async def _try(http: httpx.AsyncClient, token: str, batch: Sequence[Member]) -> list[dict[str, Any]] | None:
    """None where it is to be tried again."""
    try:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await http.post("/api/v1/batch", json={"commands": batch}, headers=headers)
    except httpx.TransportError:
        return None
    if answer.status_code == 503:
        return None
    if answer.status_code != 200:
        raise SetUpFailed(f"{answer.status_code}: {answer.text[:500]}")
    results: list[dict[str, Any]] = answer.json()["results"]
    return results
