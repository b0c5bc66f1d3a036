-- Payments whose status or amounts are not what their events say. Late news of a failure changes nothing.
WITH log AS (
    SELECT aggregate_id, max(version) AS version, bool_or(event_type = 'PaymentDisputed') AS disputed,
           coalesce(sum((event_data ->> 'amountMinor')::bigint) FILTER (WHERE event_type = 'PaymentCompleted'), 0)::bigint
               AS captured_minor,
           coalesce(sum((event_data ->> 'amountMinor')::bigint) FILTER (WHERE event_type = 'RefundCompleted'), 0)::bigint
               AS refunded_minor,
           (array_agg(CASE event_type
                          WHEN 'PaymentInitiated' THEN 'INITIATED' WHEN 'PaymentPending' THEN 'PENDING'
                          WHEN 'PaymentCompleted' THEN 'COMPLETED' WHEN 'PaymentFailed' THEN 'FAILED'
                          WHEN 'PaymentExpired' THEN 'EXPIRED' WHEN 'PaymentCancelled' THEN 'CANCELLED'
                      END ORDER BY version DESC)
            FILTER (WHERE event_type IN ('PaymentInitiated', 'PaymentPending', 'PaymentCompleted', 'PaymentFailed',
                                         'PaymentExpired', 'PaymentCancelled')
                      AND NOT coalesce((event_data ->> 'late')::boolean, false)))[1] AS reached
    FROM ledger.applied_events WHERE projection = 'payments' AND topic = 'payment' AND aggregate_type = 'payment' GROUP BY aggregate_id
), said AS (
    SELECT aggregate_id, version, disputed, captured_minor, refunded_minor,
           CASE WHEN refunded_minor = 0 THEN reached
                WHEN refunded_minor = captured_minor THEN 'REFUNDED' ELSE 'PARTIALLY_REFUNDED' END AS status
    FROM log
)
SELECT coalesce(said.aggregate_id, p.payment_id) AS place,
       format('log: version %s, %s, captured %s, refunded %s; read model: version %s, %s, %s, %s', said.version,
              said.status, said.captured_minor, said.refunded_minor, p.version, p.status, p.captured_minor,
              p.refunded_minor) AS what
FROM said FULL JOIN read.payments p ON p.payment_id = said.aggregate_id
WHERE (said.version, said.status, said.disputed, said.captured_minor, said.refunded_minor)
    IS DISTINCT FROM (p.version, p.status, p.disputed, p.captured_minor, p.refunded_minor)
LIMIT 100
