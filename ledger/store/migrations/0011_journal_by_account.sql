-- Two lines a claim make the journal the dearest of the read models, and nobody asks for a line by its id: one index
-- finds an account's lines and keeps a line from standing twice.
ALTER TABLE read.journal DROP CONSTRAINT journal_pkey;
DROP INDEX read.journal_of_account;
ALTER TABLE read.journal ADD CONSTRAINT journal_of_account PRIMARY KEY (account, posted_at, entry_id);
