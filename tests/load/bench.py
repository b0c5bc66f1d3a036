"""`make bench`: REST claims at 32 connections, beside an empty Serve endpoint and the raw append of the same run.

Prints a table and one JSON line. Runs on a server of its own, with data of its own, that it stops and removes.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil

from ledger.embedded import EmbeddedPostgres
from tests.load.http_load import Load, run_load
from tests.load.raw_limit import measure
from tests.support.server import ROOT, Server

CONNECTIONS = 32
SECONDS = 15.0
WARM_UP_S = 4.0
CARDS = 200
ROLES = {
    "edge": "ray::ServeReplica",
    "host": "ray::AggregateHostActor",
    "projector": "ray::ProjectorActor",
    "haproxy": "haproxy",
    "database": "postgres",
}
_ITEM = {"drugCode": "D1", "drugName": "Panadol Extra 500mg", "quantity": 1, "unitPrice": 0.04, "totalPrice": 0.04}


def main() -> int:
    say(f"raw append: one connection, batches of {300}")
    raw = raw_limit()
    server = Server({"HEALTHPAY_BENCH_DOOR": "true"})
    try:
        say("starting a server")
        ready_s = server.start()
        report = bench(server, raw) | {"ready_s": round(ready_s, 1), "pss_mb": pss_mb(server)}
    finally:
        server.discard()
    print_table(report)
    print(msgspec.json.encode(report).decode())
    return 1 if report["claims"]["errors"] else 0


def raw_limit() -> float:
    data_dir = Path(tempfile.mkdtemp(prefix="hp-raw-"))
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    try:
        return measure(postgres.dsn())
    finally:
        postgres.stop()
        shutil.rmtree(data_dir, ignore_errors=True)


def bench(server: Server, raw: float) -> dict[str, Any]:
    token = server.token("ADMIN")
    say(f"making {CARDS} cards")
    cards = [make_card(server, token, number) for number in range(CARDS)]
    say(f"empty endpoint, {CONNECTIONS} connections, {SECONDS:.0f} s")
    empty = load(server, lambda _number: empty_request(server.port), b" 200 ")
    say(f"claims, {CONNECTIONS} connections, {SECONDS:.0f} s")
    claims_path = [f"/api/v1/medcards/{card}/claims/prescriptions" for card in cards]
    before, started_at = cpu_seconds(server), time.perf_counter()
    claims = load(
        server,
        lambda number: claim_request(server.port, claims_path[number % CARDS], token, number),
        b'"status":"PAID"',
    )
    elapsed, after = time.perf_counter() - started_at, cpu_seconds(server)
    done = claims.per_second * elapsed
    return {
        "commit": commit(),
        "machine": {"cpus": psutil.cpu_count(), "memory_gb": round(psutil.virtual_memory().total / 2**30)},
        "raw_appends_s": round(raw),
        "empty": figures(empty),
        "claims": figures(claims),
        "ratio_to_empty": round(claims.per_second / empty.per_second, 3),
        "ratio_to_raw": round(claims.per_second / raw, 3),
        "lag_at_end_s": round(catch_up_s(server, token, cards), 3),
        "cpu_us_per_claim": {role: round((after[role] - before[role]) / done * 1e6) for role in ROLES},
    }


def load(server: Server, make_request: Any, good: bytes) -> Load:
    return asyncio.run(run_load(server.port, CONNECTIONS, SECONDS, WARM_UP_S, make_request, good))


def make_card(server: Server, token: str, number: int) -> str:
    card = f"bench-{number}"
    body = {
        "id": card,
        "userId": f"user-{number}",
        "cardType": "PLATINUM",
        "primaryHolder": {
            "nationalId": "29001150112345",
            "name": "Bench",
            "dateOfBirth": "1990-01-15",
            "phoneNumber": "+201234567890",
        },
        "expiryDate": "2099-12-31",
    }
    made = server.request("POST", "/api/v1/medcards", body, token=token)
    assert made.status == 201, made.body
    assert server.request("POST", f"/api/v1/medcards/{card}/activate", token=token).status == 200
    return card


def claim_request(port: int, path: str, token: str, number: int) -> bytes:
    body = msgspec.json.encode(
        {
            "prescriptionId": f"rx-{number}",
            "pharmacyId": "pharmacy-101",
            "beneficiaryId": path.split("/")[4].replace("bench", "user"),
            "totalAmount": 0.05,
            "items": [_ITEM],
        }
    )
    return (
        b"POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
        b"Idempotency-Key: key-%d\r\nContent-Length: %d\r\n\r\n%s"
        % (path.encode(), port, token.encode(), number, len(body), body)
    )


def empty_request(port: int) -> bytes:
    return b"GET /_bench/empty HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port


def catch_up_s(server: Server, token: str, cards: list[str]) -> float:
    """How long the read models need after the last claim, asked by position."""
    began = time.perf_counter()
    for number, card in enumerate(cards[:20]):
        path = f"/api/v1/medcards/{card}/claims/prescriptions"
        sent = claim_request(server.port, path, token, 10**8 + number).split(b"\r\n\r\n", 1)[1]
        position = server.request("POST", path, sent, token=token).headers["ledger-position"]
        seen = server.request("GET", f"/api/v1/medcards/{card}", token=token, headers={"Min-Position": position})
        assert seen.status == 200, seen.body
    return (time.perf_counter() - began) / 20


def cpu_seconds(server: Server) -> dict[str, float]:
    """CPU that each part of the server has used so far."""
    used = dict.fromkeys(ROLES, 0.0)
    for process in server.processes():
        try:
            title, times = " ".join(process.cmdline()), process.cpu_times()
        except psutil.Error:
            continue
        for role, mark in ROLES.items():
            if mark in title.split(" -")[0]:
                used[role] += times.user + times.system
                break
    return used


def pss_mb(server: Server) -> int:
    """Memory of the whole process tree, shared pages counted once."""
    total = 0
    for process in server.processes():
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return round(total / 2**20)


def figures(load: Load) -> dict[str, Any]:
    if load.errors:
        say(f"{load.errors} errors, the first: {load.first_error}")
    return {
        "per_s": round(load.per_second),
        "p50_ms": round(load.percentile_ms(50), 1),
        "p95_ms": round(load.percentile_ms(95), 1),
        "p99_ms": round(load.percentile_ms(99), 1),
        "errors": load.errors,
    }


def commit() -> str:
    try:
        found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, check=True)
        return found.stdout.decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def print_table(report: dict[str, Any]) -> None:
    print(f"\n{'':28}{'per s':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}")
    for name, title in (("claims", "REST claims, 32 connections"), ("empty", "empty Serve endpoint")):
        row = report[name]
        print(f"{title:28}{row['per_s']:>8}{row['p50_ms']:>9}{row['p95_ms']:>9}{row['p99_ms']:>9}{row['errors']:>8}")
    print(f"{'raw append, batches of 300':28}{report['raw_appends_s']:>8}")
    print(f"ratio to empty {report['ratio_to_empty']}, to raw {report['ratio_to_raw']}; ready in {report['ready_s']} s")
    print(f"read models behind by {report['lag_at_end_s']} s; memory {report['pss_mb']} MB")
    print("CPU µs per claim: " + ", ".join(f"{role} {us}" for role, us in report["cpu_us_per_claim"].items()) + "\n")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
