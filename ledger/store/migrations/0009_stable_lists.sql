-- An insurance claim's id is unique on its card alone, and claims of two cards may be filed in the same moment: lists
-- across cards need the card in their key, or a page might end between two that are equal, and skip one of them.
DROP INDEX read.claims_of_provider, read.claims_of_plan, read.claims_newest;
CREATE INDEX claims_of_provider ON read.claims (provider_id, filed_at, claim_id, medcard_id);
CREATE INDEX claims_of_plan ON read.claims (plan_id, filed_at, claim_id, medcard_id);
CREATE INDEX claims_newest ON read.claims (filed_at, claim_id, medcard_id);

-- Nobody can ask for a list of all prescription claims.
DROP INDEX read.prescriptions_newest;
