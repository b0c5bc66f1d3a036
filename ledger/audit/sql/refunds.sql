-- Refunds whose amount or outcome is not what their newest events say.
WITH log AS (
    SELECT DISTINCT ON (aggregate_id, event_data ->> 'refundId')
           aggregate_id AS payment_id, event_data ->> 'refundId' AS refund_id,
           (event_data ->> 'amountMinor')::bigint AS amount_minor,
           CASE event_type WHEN 'RefundRequested' THEN 'REQUESTED' WHEN 'RefundCompleted' THEN 'COMPLETED'
                           ELSE 'FAILED' END AS status
    FROM ledger.applied_events
    WHERE projection = 'payments' AND topic = 'payment' AND event_type IN ('RefundRequested', 'RefundCompleted', 'RefundFailed')
    ORDER BY aggregate_id, event_data ->> 'refundId', version DESC
)
SELECT coalesce(log.payment_id, r.payment_id) || ' ' || coalesce(log.refund_id, r.refund_id) AS place,
       format('log: %s %s; read model: %s %s', log.status, log.amount_minor, r.status, r.amount_minor) AS what
FROM log FULL JOIN read.refunds r ON r.payment_id = log.payment_id AND r.refund_id = log.refund_id
WHERE (log.status, log.amount_minor) IS DISTINCT FROM (r.status, r.amount_minor)
LIMIT 100
