-- One row a claim; what a row does not name stays as it is, and documents are added to those that it has.
UPDATE read.claims AS claim
SET status = given.status,
    approved_minor = coalesce(given.approved_minor, claim.approved_minor),
    paid_minor = coalesce(given.paid_minor, claim.paid_minor),
    reason_codes = coalesce(given.reason_codes, claim.reason_codes),
    payment_reference = coalesce(given.payment_reference, claim.payment_reference),
    document_refs = claim.document_refs || coalesce(given.document_refs, '{}'),
    appeal_reason = coalesce(given.appeal_reason, claim.appeal_reason),
    updated_at = given.updated_at, position = given.position
FROM json_to_recordset(:rows) AS given (
    medcard_id text, claim_id text, status text, approved_minor bigint, paid_minor bigint, reason_codes text[],
    payment_reference text, document_refs text[], appeal_reason text, updated_at timestamptz, position text
)
WHERE claim.medcard_id = given.medcard_id AND claim.claim_id = given.claim_id
