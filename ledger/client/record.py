"""A terminal's record on disk: every command before it is sent, every answer before it is given to the caller.

One SQLite file in WAL mode. A write that a crash has torn is dropped when the file is opened again: what was
committed is there, and what was not was never sent. Blocking; the terminal calls it from a thread of its own.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.client import clock
from ledger.client.errors import RecordInUse, RecordUnreadable
from ledger.client.statements import statement

SCHEMA_VERSION = 1
CHECKPOINT_PAGES = 1_000


class Sync(StrEnum):
    """When a commit counts as written."""

    POWER_LOSS = "FULL"
    """`fsync` at every commit (one a frame): survives the loss of power. The default."""
    PROCESS_CRASH = "NORMAL"
    """No `fsync` but at checkpoints: survives the end of the process, not always that of the machine."""


@dataclass(frozen=True, slots=True)
class Command:
    """What the terminal wants of the server. `body` is JSON as it is sent; `batch` and `seq` make a claim an offline
    one.
    """

    id: str
    type: str
    card: str | None = None
    body: str | None = None
    captured_at: str | None = None
    batch: str | None = None
    seq: int | None = None
    amount: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it. `body` is JSON, byte for byte as the server gave it."""

    id: str
    status: str
    body: str
    position: str | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the record; `answer` is None while there is none. Times are RFC 3339, by the terminal's clock."""

    number: int
    command: Command
    made_at: str
    answer: Answer | None
    answered_at: str | None


class BatchState(StrEnum):
    CAPTURING = "capturing"
    REPLAYING = "replaying"
    CLOSED = "closed"
    REFUSED = "refused"
    """The server did not open it (its caps, a revoked terminal): its claims were never sent, and stay here."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`openings`: how many times it was to be opened under another number. `said`: JSON of the server's last word."""

    id: str
    state: BatchState
    openings: int
    said: str | None


class Record:
    """One process at a time; `:memory:` keeps it nowhere, for tests. Raises `RecordInUse` and `RecordUnreadable`."""

    def __init__(self, path: str | Path, sync: Sync = Sync.POWER_LOSS) -> None:
        self.path = Path(path)
        # The terminal's calls come from one thread after the other, never from two at once.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.0)
        try:
            self._open(sync)
        except sqlite3.OperationalError as error:
            self._connection.close()
            if "locked" in str(error):
                raise RecordInUse(str(path)) from None
            raise RecordUnreadable(f"{path}: {error}") from None
        except (sqlite3.DatabaseError, RecordUnreadable) as error:
            self._connection.close()
            raise RecordUnreadable(f"{path}: {error}") from None

    def _open(self, sync: Sync) -> None:
        ask = self._connection.execute
        # Taken before the first reading, and held: a second process would send everything a second time.
        ask("PRAGMA locking_mode = EXCLUSIVE")
        ask("PRAGMA journal_mode = WAL")
        ask(f"PRAGMA synchronous = {sync.value}")
        ask(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        ask("BEGIN IMMEDIATE")
        ask("COMMIT")
        [version] = ask("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise RecordUnreadable(f"version {version} of a newer release")
        self._connection.executescript(statement("schema"))
        ask(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def write(self, commands: Iterable[Command] = (), answers: Iterable[Answer] = ()) -> None:
        """All of it in one transaction; on the disk when this returns. An answer that is there already stays."""
        at = clock.text_of(clock.now())
        stored = [
            (each.id, each.type, each.card, each.body, each.captured_at, each.batch, each.seq, each.amount, at)
            for each in commands
        ]
        answered = [(each.status, each.body, each.position, int(each.replayed), at, each.id) for each in answers]
        with self._transaction():
            self._connection.executemany(statement("store_command"), stored)
            self._connection.executemany(statement("store_answer"), answered)

    def unanswered(self) -> list[Entry]:
        """What is to be sent (again), oldest first; claims that were captured offline are not among it."""
        return self._entries("unanswered")

    def entries(self) -> list[Entry]:
        """All of it, oldest first."""
        return self._entries("commands")

    def find(self, command_id: str) -> Entry | None:
        found = self._entries("command", command_id)
        return found[0] if found else None

    def compact(self, keep: timedelta) -> int:
        """Forgets what was answered longer ago than that, and gives the room back; how many commands that were."""
        with self._transaction():
            before = clock.text_of(clock.now() - keep)
            forgotten = self._connection.execute(statement("forget"), (before,)).rowcount
        if forgotten:
            self._connection.execute("VACUUM")
        return forgotten

    def capture(self, batch: str, commands: Sequence[Command], is_new: bool) -> None:
        """Offline claims; their `seq` are the next ones."""
        last = commands[-1].seq
        assert last is not None, "a captured claim has a sequence"
        at = clock.text_of(clock.now())
        with self._transaction():
            if is_new:
                self._connection.execute(statement("store_batch"), (batch, BatchState.CAPTURING))
            for each in commands:
                row = (each.id, each.type, each.card, each.body, each.captured_at, batch, each.seq, each.amount, at)
                self._connection.execute(statement("store_command"), row)
            self._connection.execute(statement("set_next_sequence"), (last + 1,))

    def batches(self) -> list[Batch]:
        """Oldest first."""
        rows = self._connection.execute(statement("batches")).fetchall()
        return [Batch(id_, BatchState(state), openings, said) for id_, state, openings, said in rows]

    def claims_of(self, batch: str) -> list[Entry]:
        """In their sequence."""
        return self._entries("commands_of_batch", batch)

    def move_batch(self, batch: Batch) -> None:
        """To another state."""
        with self._transaction():
            row = (batch.state, batch.openings, batch.said, batch.id)
            self._connection.execute(statement("move_batch"), row)

    def next_sequence(self) -> int:
        [value] = self._connection.execute(statement("next_sequence")).fetchone()
        return int(value)

    def renumber(self, batch: str, first: int) -> None:
        """Gives the claims of the batch, and of those after it, other numbers: the first one is `first`."""
        claims = self.claims_of(batch)
        assert claims, "a batch has claims"
        shift = first - (claims[0].command.seq or 0)
        with self._transaction():
            self._connection.execute(statement("renumber"), (shift, batch))
            self._connection.execute(statement("set_next_sequence"), (self.next_sequence() + shift,))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _entries(self, name: str, *arguments: object) -> list[Entry]:
        return [_entry_of(row) for row in self._connection.execute(statement(name), arguments)]

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection)


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def _entry_of(row: tuple[object, ...]) -> Entry:
    number, made_at, answered_at = row[0], row[9], row[14]
    command = Command(*row[1:9])  # type: ignore[arg-type]  # the columns stand in the order of the fields
    answer = None
    if row[10] is not None:
        answer = Answer(command.id, str(row[10]), str(row[11]), row[12], bool(row[13]))  # type: ignore[arg-type]  # as above
    assert isinstance(number, int)
    return Entry(number, command, str(made_at), answer, None if answered_at is None else str(answered_at))
