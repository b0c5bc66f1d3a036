-- That very letter: one that was replayed meanwhile, or parked anew from a later event on, is another.
DELETE FROM ledger.dead_letters
WHERE projection = :projection AND topic = :topic AND partition = :partition AND aggregate_id = :aggregate_id
    AND first_offset = :first_offset
RETURNING aggregate_id
