"""The read door: one file for each read model, and the projector that keeps them up with the log.

Projections are pure; `ledger.readstores` holds the statements that their changes name.
"""
