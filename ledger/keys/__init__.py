"""Keys of persons: in PostgreSQL, and a twin in memory."""
