"""The record, from the event loop: writes that come together go into one transaction, in a thread of their own."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ledger.client.errors import RecordFailed
from ledger.client.record import Answer, Command, Record

Value = TypeVar("Value")


class Book:
    """One writer. `store` and `answered` return when what they were given is on the disk. All raise `RecordFailed`."""

    def __init__(self, open_record: Callable[[], Record]) -> None:
        self._open_record = open_record
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record")
        self._commands: list[Command] = []
        self._answers: list[Answer] = []
        self._gathered: asyncio.Future[None] | None = None
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        self._record = await self._run(self._open_record)

    async def store(self, command: Command) -> None:
        self._commands.append(command)
        await self._written()

    async def answered(self, answers: list[Answer]) -> None:
        self._answers.extend(answers)
        await self._written()

    async def ask(self, question: Callable[[Record], Value]) -> Value:
        return await self._run(lambda: question(self._record))

    async def close(self) -> None:
        await self._run(lambda: self._record.close())
        self._thread.shutdown()

    async def _written(self) -> None:
        """Joins the next transaction; while one is being written, others gather."""
        if self._gathered is None:
            self._gathered = asyncio.ensure_future(self._write())
        await asyncio.shield(self._gathered)

    async def _write(self) -> None:
        async with self._writing:
            # Whoever comes from here on belongs to the next transaction.
            commands, answers = self._commands, self._answers
            self._commands, self._answers, self._gathered = [], [], None
            await self._run(lambda: self._record.write(commands, answers))

    async def _run(self, work: Callable[[], Value]) -> Value:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise RecordFailed(f"{type(error).__name__}: {error}") from error
