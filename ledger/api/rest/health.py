"""Health: of the process, of what it needs, and whether it should get work."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ledger import __version__
from ledger.api.errors import OK, UNREADY
from ledger.api.rest.exchange import Exchange, Handler, Reply
from ledger.api.standing import Health, HealthChecks

_encode = msgspec.json.Encoder().encode


QUERIES_ONLY = frozenset({"projector"})
"""Checks that `/health` shows and `/health/ready` leaves out."""


def health_handlers(health: HealthChecks) -> dict[str, Handler]:
    """By path."""

    async def live(_exchange: Exchange) -> Reply:
        return Reply(OK, _encode({"status": "ok", "version": __version__}))

    async def whole(_exchange: Exchange) -> Reply:
        _, body = _report(await health.check())
        return Reply(OK, body)

    async def ready(_exchange: Exchange) -> Reply:
        is_ready, body = _report(_needed(await health.check()))
        return Reply(OK if is_ready else UNREADY, body, None if is_ready else {"retry-after": "1"})

    return {"/health": whole, "/health/live": live, "/health/ready": ready}


def _needed(checks: Mapping[str, Health]) -> dict[str, Health]:
    """Without what only the queries stand behind: commands are taken while the read models catch up."""
    return {name: check for name, check in checks.items() if name not in QUERIES_ONLY}


def _report(checks: Mapping[str, Health]) -> tuple[bool, bytes]:
    healthy = all(check.healthy for check in checks.values())
    report = {
        "status": "ok" if healthy else "degraded",
        "version": __version__,
        "checks": {name: _check(check) for name, check in checks.items()},
    }
    return healthy, _encode(report)


def _check(check: Health) -> dict[str, Any]:
    shown: dict[str, Any] = {"status": "ok" if check.healthy else "failing", "latencyMs": round(check.latency_ms, 3)}
    if check.detail:
        shown["detail"] = check.detail
    if check.facts:
        shown["facts"] = dict(check.facts)
    return shown
