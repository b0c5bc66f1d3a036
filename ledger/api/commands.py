"""The command table. REST routes, GraphQL mutations and terminal messages are spellings of its rows."""

from collections.abc import Mapping

from ledger.api.medcards.rows import MEDCARD_ROWS
from ledger.api.payments.rows import PAYMENT_ROWS
from ledger.api.pharmacies.rows import PHARMACY_ROWS
from ledger.api.rights import COMMAND_RIGHTS
from ledger.api.table import Row
from ledger.api.wallets.rows import WALLET_ROWS

COMMANDS: Mapping[str, Row] = {row.name: row for row in (*MEDCARD_ROWS, *WALLET_ROWS, *PAYMENT_ROWS, *PHARMACY_ROWS)}

assert set(COMMANDS) == set(COMMAND_RIGHTS), "rights.toml and the command table name the same commands"
