SELECT verdict, recorded_at, fenced
FROM ledger.append(
    $1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[],
    $7::int[], $8::text[], $9::text[], $10::text[], $11::bytea[], $12::boolean[], $13::text[], $14::bigint[],
    $15::int[], $16::bigint[], $17::text[], $18::text[], $19::bigint[], $20::text[], $21::int[], $22::text[], $23::text[],
    $24::timestamptz[], $25::bytea[]
)
