"""`python -m tests.load.plans`: the plan of every query of the doors on a million rows a table, and how long it takes.

Needs some gigabytes of disk for a while. Ends with an error where a query does not go by its index, or looks at too
much.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

from ledger.embedded import EmbeddedPostgres
from ledger.store.migrate import migrate
from tests.support.query_plans import TABLES, fill_all, plan_of, queries, wrong_with

ROWS = 1_000_000


def main() -> int:
    data_dir = Path(tempfile.mkdtemp(prefix="hp-plans-"))
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        return asyncio.run(run(server.dsn()))
    finally:
        server.stop(lambda: True)
        shutil.rmtree(data_dir, ignore_errors=True)


async def run(dsn: str) -> int:
    began = time.perf_counter()
    await migrate(dsn)
    connections = [await asyncpg.connect(dsn) for _ in range(2)]
    for name, value in (("fsync", "off"), ("full_page_writes", "off"), ("maintenance_work_mem", "'256MB'")):
        await connections[0].execute(f"ALTER SYSTEM SET {name} = {value}")
    await connections[0].execute("SELECT pg_reload_conf()")
    await asyncio.gather(*(fill_all(each, TABLES[at::2], ROWS) for at, each in enumerate(connections)))
    print(f"{len(TABLES)} tables of {ROWS:,} rows in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    print(f"{'':28}{'looked at':>10}{'ms, worst':>11}")
    failed = 0
    for name, query in queries(ROWS).items():
        rows, worst_ms = 0, 0.0
        for asked in query.asked:
            # Once to have the pages at hand, and once to take the time.
            await plan_of(connections[0], name, asked)
            plan = await plan_of(connections[0], name, asked)
            rows, worst_ms = max(rows, plan.rows), max(worst_ms, plan.ms)
            for wrong in wrong_with(query, asked, plan):
                failed += 1
                print(f"{name}: {wrong} ({dict(asked.values)})", file=sys.stderr)
        print(f"{name:28}{rows:>10,}{worst_ms:>11.2f}")
    for each in connections:
        await each.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
