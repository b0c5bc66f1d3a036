"""What every room that speaks to PostgreSQL shares: connections, the meaning of errors, SQL by name."""
