-- How far each group of read models ($1, with a topic of its own in $2) is from given heads; 0 means there.
SELECT given.name || ' in ' || head.topic || '/' || head.partition AS place,
       head.head - coalesce(c."offset", 0) AS lag, coalesce(c."offset", 0) AS at
FROM unnest($1::text[], $2::text[]) AS given (name, topic)
JOIN unnest($3::text[], $4::int[], $5::bigint[]) AS head (topic, partition, head) ON head.topic = given.topic
LEFT JOIN ledger.checkpoints c
    ON c.projection = given.name AND c.topic = head.topic AND c.partition = head.partition
