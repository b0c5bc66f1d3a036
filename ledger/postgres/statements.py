"""SQL is code: one statement a file, loaded by its name."""

from importlib import resources


def statement(package: str, name: str) -> str:
    """The text of `sql/<name>.sql` in a package such as `ledger.store`."""
    return resources.files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
