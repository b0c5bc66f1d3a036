"""The record's statements, one a file."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    return (files("ledger.client") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
