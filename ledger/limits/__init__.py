"""Limits of rate: how much a caller may ask for in a time."""
