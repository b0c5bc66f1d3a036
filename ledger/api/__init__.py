"""Everything between HTTP and the ports: the command table, queries, and the doors that spell them."""
