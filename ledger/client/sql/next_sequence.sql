SELECT value FROM next_sequence
