"""A payment: money captured from a payer through a gateway, and given back through the gateway that took it.

Read `events`, `commands`, `refusals`, then `state` (evolve), `outcomes`, `refunds` and `decide`.
"""
