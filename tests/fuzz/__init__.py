"""Both doors under generated requests (schemathesis), in one process over real read models: `make fuzz`."""
