"""Read models in PostgreSQL: projectors write them, queries read them. The only room that knows schema `read`."""
