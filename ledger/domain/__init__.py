"""The rules of the business, pure: State, Events, Commands, Refusals, decide, evolve. No clock, no I/O, no logging."""
