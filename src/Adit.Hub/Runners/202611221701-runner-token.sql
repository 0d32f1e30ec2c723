-- The token that a runner was here with last, of those that may still be it; null before it was heard by a hub that keeps it.
ALTER TABLE runners ADD COLUMN token TEXT;
