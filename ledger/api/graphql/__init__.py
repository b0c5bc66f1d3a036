"""GraphQL: a schema-first spelling of the command table and the queries."""
