"""The audit of the whole log: no gap, no fork, no answer without its event, no read model that says otherwise."""
