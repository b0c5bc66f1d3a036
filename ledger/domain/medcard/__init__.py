"""A MedCard: a benefit card with a tier, a monthly limit, a copayment and beneficiaries.

Read `events`, `commands`, `refusals`, then `state` (evolve), `decide` and `claims`.
"""
