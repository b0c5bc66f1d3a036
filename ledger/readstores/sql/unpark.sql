DELETE FROM ledger.dead_letters
WHERE projection = :projection AND topic = :topic AND partition = :partition AND aggregate_id = :aggregate_id
