"""The stored and sent forms: envelope and digest chain, event classes and their stored names, sealing, host calls."""
