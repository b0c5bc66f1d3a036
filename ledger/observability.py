"""Logs: JSON lines, without personal data."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import msgspec

from ledger.settings import Settings

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

ROOMS = ("ledger", "actors", "projections")
"""Whose lines are written, and whose exceptions say nothing of a person."""
CAUSES_MAX = 5


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the record's extras, and a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if record.exc_info:
            line["traceback"] = _traceback(record.exc_info[1])
        return msgspec.json.encode(line, enc_hook=str).decode()


def _traceback(failure: BaseException | None) -> str:
    """Where it came from, without its words: others put the values into them that they could not take."""
    chain: list[str] = []
    while failure is not None and len(chain) < CAUSES_MAX:
        kind = type(failure)
        ours = kind.__module__.partition(".")[0] in ROOMS
        said = f"{kind.__module__}.{kind.__qualname__}{f': {failure}' if ours else ''}\n"
        chain.append("".join(traceback.format_tb(failure.__traceback__)) + said)
        failure = failure.__cause__ or failure.__context__
    return "caused by\n".join(chain)


def configure_logging(settings: Settings) -> None:
    """Sends the ledger's logs of this process to its standard error as JSON lines."""
    # The process's own standard error: Ray Serve replaces `sys.stderr` by one that ends with the replica.
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(JsonLines())
    for name in ROOMS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(settings.log_level)
        logger.propagate = False
