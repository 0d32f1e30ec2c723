-- Whether visitors need a signature. The key is not here: it follows from the id and a file of the data directory.
ALTER TABLE embed_grants ADD COLUMN signed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE embed_grants ADD COLUMN max_visitors INTEGER;
ALTER TABLE embed_grants ADD COLUMN max_requests_per_day INTEGER;
