"""`python -m tests.load.queries_beside_commands`: how long queries take at 200/s while 1,000 claims/s are written.

A whole server of its own. Both loads are open loops, each in a process of its own, timed from the moment at which a
request was due: claims come from terminals, one a frame, and queries over REST. Prints a table and one JSON line.
COMMANDS_PER_S and QUERIES_PER_S may be set in the environment; the load generators work on the server's own cores.
"""

import asyncio
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import msgspec

from ledger.client.clock import now
from ledger.pos import network
from ledger.pos.command import terminal_tokens
from ledger.pos.figures import Figures
from ledger.pos.network import Run
from ledger.pos.setting_up import set_up
from ledger.settings import load_settings
from tests.load.bench import claim_request, commit, cpu_seconds, make_card, say
from tests.load.http_load import Load
from tests.load.open_loop import Due, OpenLoad, run_open
from tests.support.server import Server

COMMANDS_PER_S = float(os.environ.get("COMMANDS_PER_S", "1000"))
QUERIES_PER_S = float(os.environ.get("QUERIES_PER_S", "200"))
SECONDS, WARM_UP_S = 20.0, 6.0
TERMINALS, QUERY_CONNECTIONS = 100, 32
CARDS, WALLETS, ROWS_EACH = 200, 20, 20
NAME = "beside"


def main() -> int:
    server = Server({f"HEALTHPAY_RATE_LIMIT_{role}_PER_HOUR": "1000000000" for role in ("PHARMACY", "ADMIN")})
    try:
        say("starting a server")
        server.start()
        report = run(server)
    finally:
        server.discard()
    show(report)
    print(msgspec.json.encode(report).decode())
    return 1 if any(each["errors"] for each in report["queries"].values()) else 0


def run(server: Server) -> dict[str, Any]:
    token = server.token("ADMIN")
    say(f"making {CARDS} cards, and {WALLETS} wallets and cards with {ROWS_EACH} rows each")
    cards = [make_card(server, token, number) for number in range(CARDS)]
    claims = [made for card in cards[:WALLETS] for made in make_claims(server, token, card)]
    wallets = [make_wallet(server, token, number) for number in range(WALLETS)]
    base, tokens = (
        f"http://127.0.0.1:{server.port}",
        terminal_tokens(load_settings(server.environment), NAME, TERMINALS),
    )
    asyncio.run(set_up(base, token, NAME, TERMINALS, CARDS, now().date(), lambda _text: None))
    say(f"{COMMANDS_PER_S:.0f} claims/s and {QUERIES_PER_S:.0f} queries/s, {WARM_UP_S + SECONDS:.0f} s")
    before = cpu_seconds(server)
    with ProcessPoolExecutor(1) as other:
        commands = other.submit(load_commands, server.port, tokens)
        queries = load_queries(server.port, token, cards, claims, wallets)
        written = commands.result()
    after = cpu_seconds(server)
    return {
        "commit": commit(),
        "load_average": [round(each, 1) for each in os.getloadavg()],
        "commands": {**written, "asked_per_s": COMMANDS_PER_S},
        "asked_queries_per_s": QUERIES_PER_S,
        "reached_queries_per_s": round(queries.reached_per_s),
        "queries": {kind: figures(load) for kind, load in sorted({**queries.loads, "all": queries.all}.items())},
        "cpu_share": {role: round((after[role] - before[role]) / (WARM_UP_S + SECONDS), 2) for role in after},
    }


def load_commands(port: int, tokens: list[str]) -> dict[str, Any]:
    figures = Figures()
    plan = Run(
        url=f"ws://127.0.0.1:{port}/ws/terminal",
        tokens=tokens,
        name=NAME,
        cards=CARDS,
        rate=COMMANDS_PER_S,
        seconds=SECONDS,
        warm_up_s=WARM_UP_S,
    )
    return figures.report(asyncio.run(network.work(plan, figures, asyncio.Event())))


def load_queries(
    port: int, token: str, cards: list[str], claims: list[tuple[str, str]], wallets: list[str]
) -> OpenLoad:
    def due(number: int) -> Due:
        turn = number // 5
        card, wallet = cards[turn % len(cards)], wallets[turn % len(wallets)]
        claimed, claim = claims[turn % len(claims)]
        kind, path = (
            ("balance", f"wallets/{wallet}/balance"),
            ("card", f"medcards/{card}"),
            ("claim", f"medcards/{claimed}/claims/prescriptions/{claim}"),
            ("claims", f"medcards/{card}/claims/prescriptions"),
            ("transactions", f"wallets/{wallet}/transactions"),
        )[number % 5]
        request = f"GET /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        return Due(kind, request.encode())

    return asyncio.run(run_open(port, QUERIES_PER_S, SECONDS, WARM_UP_S, QUERY_CONNECTIONS, due))


def make_claims(server: Server, token: str, card: str) -> list[tuple[str, str]]:
    path = f"/api/v1/medcards/{card}/claims/prescriptions"
    made = []
    for number in range(ROWS_EACH):
        body = claim_request(server.port, path, token, 10**8 + number).split(b"\r\n\r\n", 1)[1]
        made.append((card, server.request("POST", path, body, token=token).json["claimId"]))
    return made


def make_wallet(server: Server, token: str, number: int) -> str:
    wallet = f"bench-wallet-{number}"
    path = f"/api/v1/wallets/{wallet}"
    server.request("POST", "/api/v1/wallets", {"id": wallet, "userId": f"user-{number}"}, token=token)
    server.request("POST", f"{path}/activate", token=token)
    for each in range(ROWS_EACH):
        sent = {"amount": "1.00", "source": "cash-desk", "transactionId": f"t-{each}"}
        assert server.request("POST", f"{path}/credits", sent, token=token).status == 200
    return wallet


def figures(load: Load) -> dict[str, Any]:
    if load.errors:
        say(f"{load.errors} errors, the first: {load.first_error}")
    percentiles = {f"p{percent}_ms": round(load.percentile_ms(percent), 1) for percent in (50, 95, 99)}
    return {"per_s": round(load.per_second), **percentiles, "errors": load.errors}


def show(report: dict[str, Any]) -> None:
    print(f"\n{'':28}{'per s':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}")
    rows = {f"query: {kind}": row for kind, row in report["queries"].items()}
    for title, row in {**rows, "claims of terminals": report["commands"]}.items():
        took = "".join(f"{row[percentile]:>9}" for percentile in ("p50_ms", "p95_ms", "p99_ms"))
        print(f"{title:28}{row['per_s']:>8}{took}{row.get('errors', 0):>8}")
    print(f"load average of the machine {report['load_average']}, share of a core {report['cpu_share']}\n")


if __name__ == "__main__":
    sys.exit(main())
