-- The token that made a tunnel: its limits hold after a restart too, before its client is back.
ALTER TABLE tunnels ADD COLUMN token_id TEXT NOT NULL DEFAULT '';
