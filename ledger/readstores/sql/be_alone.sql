-- Held by the session, and so given back by a process that dies. The first number keeps it apart from other locks.
SELECT pg_try_advisory_lock(1818585703, hashtext(:name)) AS alone
