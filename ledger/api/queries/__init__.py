"""Queries, one module for each noun; REST and GraphQL call the same functions."""
