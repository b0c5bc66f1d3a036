-- Whether every one of the tables stands in the schema.
SELECT count(*) = cardinality(:tables::text[]) AS made
FROM pg_tables WHERE schemaname = :schema AND tablename = ANY (:tables::text[])
