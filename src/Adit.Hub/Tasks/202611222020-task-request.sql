-- SHA-256 of the request that a task was made of, beside its Idempotency-Key; null without one, and for tasks of before.
ALTER TABLE tasks ADD COLUMN request_hash TEXT;
