"""Pharmacies at the doors: their rows, bodies, answers and routes, and what a host needs to know of them."""
