"""A host in a process of its own, which stops itself (SIGSTOP) at a named point: stopping_host.py NAME SOCKET

Settings from the environment. Says `owns` and a number when it has taken its partitions, and lives until its standard
input ends. On the socket each connection is one call: a length, a letter (`s`: commands, `p`: a point) and its bytes.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from ledger.messages.commands import decode_requests, encode_answers
from ledger.messages.envelope import PartitionId
from ledger.ports import Append, EventLog, Head, OutcomeUnknown, Verdict
from ledger.runtime.host import AggregateHost
from ledger.settings import load_settings
from tests.support.host_stage import opened_host

BEFORE_THE_CALL = "before its append's call"
AFTER_THE_COMMIT = "after its append's commit, before anybody is answered"
BEFORE_THE_BUMP = "before it bumps after an unknown outcome"
BEFORE_THE_ADOPTION = "before it adopts what was moved to it"


class StoppingLog:
    """`point`: where the process stops next, once."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.point = ""

    def _reached(self, point: str) -> None:
        if self.point == point:
            self.point = ""
            os.kill(os.getpid(), signal.SIGSTOP)

    async def append(self, append: Append) -> Verdict:
        self._reached(BEFORE_THE_CALL)
        verdict = await self._log.append(append)
        self._reached(AFTER_THE_COMMIT)
        if self.point == BEFORE_THE_BUMP:
            raise OutcomeUnknown("its answer was lost")
        return verdict

    async def bump(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        self._reached(BEFORE_THE_BUMP)
        return await self._log.bump(host, holder, partitions)

    async def adopt(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        self._reached(BEFORE_THE_ADOPTION)
        return await self._log.adopt(host, holder, partitions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


async def serve(host: AggregateHost, log: StoppingLog, socket: str) -> None:
    async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await reader.readexactly(int.from_bytes(await reader.readexactly(4)))
        if said[:1] == b"p":
            log.point = said[1:].decode()
            answer = b"ok"
        else:
            answer = encode_answers(await host.submit(decode_requests(said[1:])))
        writer.write(len(answer).to_bytes(4) + answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(called, socket):
        print(f"owns {host.stats().partitions}", flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def main(name: str, socket: str) -> None:
    logs: list[StoppingLog] = []

    def stopping(log: EventLog) -> EventLog:
        logs.append(StoppingLog(log))
        return cast(EventLog, logs[0])

    async with opened_host(load_settings(env_file=Path("/dev/null")), name, around_log=stopping) as host:
        await serve(host, logs[0], socket)


async def call(socket: str, letter: bytes, said: bytes) -> bytes:
    """What the host answers. Raises `OSError` and `IncompleteReadError` where it does not."""
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        writer.write((len(said) + 1).to_bytes(4) + letter + said)
        return await reader.readexactly(int.from_bytes(await reader.readexactly(4)))
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
