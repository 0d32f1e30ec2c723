-- Runners that a token may register; null for as many as its account may have.
ALTER TABLE tokens ADD COLUMN max_runners INTEGER;
