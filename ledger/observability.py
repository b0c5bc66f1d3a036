"""Logs: JSON lines, without personal data."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import msgspec

from ledger.settings import Settings

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


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
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return msgspec.json.encode(line, enc_hook=str).decode()


def configure_logging(settings: Settings) -> None:
    """Sends the ledger's logs of this process to its standard error as JSON lines."""
    # The process's own standard error: Ray Serve replaces `sys.stderr` by one that ends with the replica.
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(JsonLines())
    for name in ("ledger", "actors", "projections"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(settings.log_level)
        logger.propagate = False
