SELECT ledger.make_shadow(:schema, :tables::text[], :durable)
