"""A network of simulated pharmacy terminals: for demonstrations, for faults on purpose, and for measuring."""
