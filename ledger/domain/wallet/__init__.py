"""A wallet: money in one currency, with holds, and limits of the day and the month.

Read `limits`, `events`, `commands`, `refusals`, then `state` (evolve), `spending`, `holds` and `decide`.
"""
