"""The command table. REST routes, GraphQL mutations and terminal messages are spellings of its rows."""

from collections.abc import Mapping

from ledger.api.medcards.rows import MEDCARD_ROWS
from ledger.api.rights import COMMAND_RIGHTS
from ledger.api.table import Row

COMMANDS: Mapping[str, Row] = {row.name: row for row in MEDCARD_ROWS}

assert set(COMMANDS) == set(COMMAND_RIGHTS), "rights.toml and the command table name the same commands"
