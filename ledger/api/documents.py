"""The documents that clients are made from, kept as files: OpenAPI, GraphQL's schema, and that of terminals."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphql import print_schema

from ledger import __version__
from ledger.api.graphql.door import executable_schema
from ledger.api.rest.openapi import openapi_document
from ledger.api.terminal.schema import terminal_schema

OPENAPI, SCHEMA, TERMINAL = "openapi.json", "schema.graphql", "terminal.schema.json"
RELEASES = "releases"
"""Beside the documents of today: those of each release, in a folder of its version."""


def documents() -> Mapping[str, str]:
    """By file name, as they are today."""
    return {
        OPENAPI: _shown(openapi_document()),
        SCHEMA: f"{print_schema(executable_schema())}\n",
        TERMINAL: _shown(terminal_schema()),
    }


def _shown(document: Mapping[str, Any]) -> str:
    return f"{json.dumps(document, indent=1, ensure_ascii=False)}\n"


def write_documents(folder: Path, *, release: bool = False) -> None:
    """`release`: also as what later versions are compared with, where that is not kept yet. Raises `OSError`."""
    folders = [folder]
    if release:
        kept = folder / RELEASES / __version__
        kept.mkdir(parents=True, exist_ok=False)
        folders.append(kept)
    for each in folders:
        for name, text in documents().items():
            (each / name).write_text(text, encoding="utf-8")
