"""The journal: double entry over every event that moves money.

Read `entries` (what a posting is), then the file of each family: which of its events post what.
"""
