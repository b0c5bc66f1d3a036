"""`make fuzz`: at least 5,000 cases through REST, and some through GraphQL; exit 1 where one fails."""

import asyncio
import sys
import tempfile
from pathlib import Path

from ledger.embedded import EmbeddedPostgres
from ledger.store.migrate import migrate
from tests.fuzz.run import fuzzed_graphql, fuzzed_rest
from tests.fuzz.stage import staged_edge
from tests.fuzz.world import furnished

REST_EACH, GRAPHQL_EACH = 8, 5
CASES_MIN = 5_000


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with tempfile.TemporaryDirectory(prefix="hp-fuzz-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            dsn = server.dsn("postgres")
            asyncio.run(migrate(dsn))
            with staged_edge(dsn, furnished) as app:
                rest = fuzzed_rest(app, seed, REST_EACH)
                print(f"REST, seed {seed}: {rest}", flush=True)
                graphql = fuzzed_graphql(app, seed, GRAPHQL_EACH)
                print(f"GraphQL, seed {seed}: {graphql}", flush=True)
        finally:
            server.stop()
    return 0 if rest.cases >= CASES_MIN and not rest.failed and not graphql.failed else 1


if __name__ == "__main__":
    sys.exit(main())
