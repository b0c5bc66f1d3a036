"""The terminal's record on disk: what was written is there, whatever ended the process."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.client import Answer, Command, Record, RecordInUse, RecordUnreadable
from tests.support.server import ROOT

WRITER = """
import sys
from ledger.client import Answer, Command, Record
record = Record(sys.argv[1])
for n in range(1_000_000):
    commands = [Command(f"{n}-{m}", "claimPrescription", "card", "{}") for m in range(10)]
    record.write(commands, [Answer(f"{n - 1}-3", "accepted", "{ }")])
    print(n, flush=True)
"""


def test_what_is_stored_is_there_again(tmp_path: Path) -> None:
    with Record(tmp_path / "pos.db") as record:
        record.write(
            [Command("a", "claimPrescription", "card-1", '{"x": 1}'), Command("b", "reverseClaim", "card-1", "{}")]
        )
        record.write(answers=[Answer("a", "accepted", '{"y":  2.0}', "medcard/1@3", True)])
        record.write(answers=[Answer("a", "refused", "{}")])
    with Record(tmp_path / "pos.db") as record:
        assert [entry.command.id for entry in record.unanswered()] == ["b"]
        found = record.find("a")
        assert found is not None
        assert found.answer == Answer("a", "accepted", '{"y":  2.0}', "medcard/1@3", True)


def test_a_writer_that_is_killed_leaves_whole_transactions(tmp_path: Path) -> None:
    path = tmp_path / "pos.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=ROOT) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 30:
            pass
        os.kill(writer.pid, signal.SIGKILL)
        said = [int(line) for line in writer.stdout.read().split() if line]
    with Record(path) as record:
        entries = record.entries()
        assert len(entries) % 10 == 0
        assert len(entries) >= 10 * (said[-1] + 1 if said else 31)


def test_a_torn_tail_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "pos.db"
    record = Record(path)
    for number in range(20):
        record.write([Command(str(number), "claimPrescription", "card", "{}")])
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    log = (tmp_path / "pos.db-wal").read_bytes()
    # The last page of the last transaction is half there, as after a loss of power.
    (tmp_path / "copy.db-wal").write_bytes(log[: -len(log) // 20])
    record.close()
    with Record(copy) as torn:
        ids = [entry.command.id for entry in torn.entries()]
        assert ids == [str(number) for number in range(len(ids))]
        assert 0 < len(ids) < 20
        torn.write([Command("after", "claimPrescription", "card", "{}")])


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with Record(tmp_path / "pos.db"), pytest.raises(RecordInUse):
        Record(tmp_path / "pos.db")
    with Record(tmp_path / "pos.db") as record:
        assert record.entries() == []


def test_another_file_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "pos.db").write_text("no database at all" * 100)
    with pytest.raises(RecordUnreadable):
        Record(tmp_path / "pos.db")
    with sqlite3.connect(tmp_path / "newer.db") as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(RecordUnreadable):
        Record(tmp_path / "newer.db")


def test_old_answers_are_forgotten_and_nothing_that_waits(tmp_path: Path) -> None:
    with Record(tmp_path / "pos.db") as record:
        record.write([Command(str(n), "claimPrescription", "card", "x" * 1000) for n in range(500)])
        record.write(answers=[Answer(str(n), "accepted", "{}") for n in range(490)])
        before = (tmp_path / "pos.db").stat().st_size
        assert record.compact(timedelta(days=1)) == 0
        assert record.compact(timedelta(seconds=-1)) == 490
        assert len(record.unanswered()) == len(record.entries()) == 10
    assert (tmp_path / "pos.db").stat().st_size < max(before, 100_000)
