"""The aggregate runtime without Ray: mailboxes, batching, group commit, recovery, passivation."""
