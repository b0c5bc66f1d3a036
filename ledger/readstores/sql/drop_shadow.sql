SELECT ledger.drop_shadow(:schema, :tables::text[])
