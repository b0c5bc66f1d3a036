UPDATE next_sequence SET value = ?
