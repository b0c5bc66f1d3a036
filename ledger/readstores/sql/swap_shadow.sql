SELECT ledger.swap_shadow(:schema, :tables::text[], :outgoing)
