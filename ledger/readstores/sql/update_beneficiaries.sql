-- One row a person; what a row does not name stays as it is. A limit is named also where it is taken away, by null.
UPDATE read.beneficiaries AS held
SET relation = coalesce(given.changed ->> 'relation', held.relation),
    person = coalesce(given.changed ->> 'person', held.person),
    monthly_limit_minor = CASE WHEN given.changed ? 'monthly_limit_minor'
        THEN (given.changed ->> 'monthly_limit_minor')::bigint ELSE held.monthly_limit_minor END
FROM jsonb_array_elements(:rows) AS given (changed)
WHERE held.medcard_id = given.changed ->> 'medcard_id' AND held.beneficiary_id = given.changed ->> 'beneficiary_id'
