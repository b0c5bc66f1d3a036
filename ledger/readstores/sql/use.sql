-- What is used of a card's limits. A beneficiary is only named where it has a limit of its own: then the claims of the
-- card are walked, by prescriptions_of_medcard.
SELECT coalesce((SELECT covered_minor FROM read.medcard_monthly_spend
                 WHERE medcard_id = :medcard_id AND month = :month), 0) AS month_minor,
       CASE WHEN :beneficiary_id::text IS NULL THEN 0
            ELSE coalesce((SELECT sum(covered_minor) FROM read.prescriptions
                           WHERE medcard_id = :medcard_id AND beneficiary_id = :beneficiary_id AND month = :month
                               AND status = 'PAID'), 0)::bigint END AS beneficiary_minor,
       (coalesce((SELECT sum(covered_minor) FROM read.medcard_monthly_spend
                  WHERE medcard_id = :medcard_id AND month >= :year || '-01' AND month <= :year || '-12'), 0)
        + coalesce((SELECT sum(approved_minor) FROM read.claims
                    WHERE medcard_id = :medcard_id AND year = :year), 0))::bigint AS year_minor
