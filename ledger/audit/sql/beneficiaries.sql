-- Who is covered by which card, from the events alone.
WITH log AS (
    SELECT aggregate_id AS medcard_id, beneficiary_id,
           (array_agg(event_type ORDER BY version DESC))[1] <> 'BeneficiaryRemoved' AS covered
    FROM ledger.applied_events e
    CROSS JOIN LATERAL (
        SELECT CASE event_type WHEN 'MedCardCreated' THEN event_data ->> 'userId' ELSE event_data ->> 'beneficiaryId' END
    ) AS who (beneficiary_id)
    WHERE projection = 'medcards' AND topic = 'medcard' AND event_type IN ('MedCardCreated', 'BeneficiaryAdded', 'BeneficiaryRemoved')
    GROUP BY aggregate_id, beneficiary_id
)
SELECT coalesce(log.medcard_id, b.medcard_id) || ' ' || coalesce(log.beneficiary_id, b.beneficiary_id) AS place,
       CASE WHEN b.medcard_id IS NULL THEN 'covered in the log only' ELSE 'covered in the read model only' END AS what
FROM (SELECT * FROM log WHERE covered) log
FULL JOIN read.beneficiaries b ON b.medcard_id = log.medcard_id AND b.beneficiary_id = log.beneficiary_id
WHERE log.medcard_id IS NULL OR b.medcard_id IS NULL
LIMIT 100
