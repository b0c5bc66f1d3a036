"""The audit trail: who asked for what on what, and what came of it. Append-only."""
