"""Feeds: how followers of the log get its events."""
