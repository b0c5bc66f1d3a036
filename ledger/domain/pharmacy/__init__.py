"""A pharmacy of the network: its contract, its terminals with their offline rights, and what it was paid.

Read `events`, `commands`, `refusals`, then `state` (evolve), `decide` and `offline`.
"""
