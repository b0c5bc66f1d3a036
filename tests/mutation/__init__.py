"""Mutation tests of the domain, run by `make mutants`; see docs/decisions for the tool and why it needs a staging."""
