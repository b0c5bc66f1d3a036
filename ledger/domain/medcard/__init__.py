"""A MedCard: a benefit card with a tier, a monthly limit, a copayment and beneficiaries.

Read `events`, `commands`, `refusals`, then `card` (the state), `state` (evolve), `decide`, and what it calls: `terms`,
`beneficiaries`, `claims`, `wallet_copay`, `insurance`.
"""
