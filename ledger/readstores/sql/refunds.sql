SELECT payment_id, refund_id, wallet_id, amount_minor, currency, source, status, reason, gateway_refund_id,
       requested_at, ended_at
FROM read.refunds
WHERE payment_id = ANY(:payment_ids::text[])
ORDER BY payment_id, requested_at, refund_id
