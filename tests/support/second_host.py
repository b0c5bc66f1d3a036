"""A second process of a host's name, outside the cluster: second_host.py NAME; settings from the environment.

Says `owns` and a number when it has taken the partitions, and lives until its standard input ends.
"""

import asyncio
import sys
from pathlib import Path

from ledger import bootstrap
from ledger.metrics import HostMetrics
from ledger.settings import load_settings


async def main(name: str) -> None:
    async with bootstrap.open_host(load_settings(env_file=Path("/dev/null")), name, HostMetrics()) as host:
        print(f"owns {host.stats().partitions}", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
