"""Every operation of the REST API, typed. All but this file is written by `ledger docs` from the OpenAPI document."""
