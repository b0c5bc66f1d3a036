"""REST under `/api/v1`, health, and the OpenAPI document: thin spellings of the command table and the queries."""
