SELECT place, what FROM ledger.shadow_differences(:schema, :table, :rows_max)
