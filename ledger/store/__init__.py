"""The event log: PostgreSQL, and a twin in memory."""
