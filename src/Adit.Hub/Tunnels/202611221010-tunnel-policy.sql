-- The project that a tunnel belongs to, and its access rules (JSON, in order) where they say more than `access`.
ALTER TABLE tunnels ADD COLUMN project TEXT;
ALTER TABLE tunnels ADD COLUMN rules TEXT;
