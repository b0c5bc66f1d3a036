"""HealthPay Ledger: an event-sourced healthcare payment server."""

__version__ = "2.0.0"
