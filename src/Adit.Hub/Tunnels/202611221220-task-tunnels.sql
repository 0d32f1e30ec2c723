-- The task whose port a tunnel is; null for a tunnel of its own.
ALTER TABLE tunnels ADD COLUMN task TEXT;
