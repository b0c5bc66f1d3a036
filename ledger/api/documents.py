"""The documents that clients are made from, kept as files: OpenAPI, and GraphQL's schema."""

import json
from collections.abc import Mapping
from pathlib import Path

from graphql import print_schema

from ledger import __version__
from ledger.api.graphql.door import executable_schema
from ledger.api.rest.openapi import openapi_document

OPENAPI, SCHEMA = "openapi.json", "schema.graphql"
RELEASES = "releases"
"""Beside the documents of today: those of each release, in a folder of its version."""


def documents() -> Mapping[str, str]:
    """By file name, as they are today."""
    openapi = json.dumps(openapi_document(), indent=1, ensure_ascii=False)
    return {OPENAPI: f"{openapi}\n", SCHEMA: f"{print_schema(executable_schema())}\n"}


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
