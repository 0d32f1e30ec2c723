UPDATE tunnels SET access = lower(access);

-- What the client that serves a tunnel asked for of its access and rules: asked again, it does not take back what was changed since.
ALTER TABLE tunnels ADD COLUMN asked TEXT;

-- That pages of other sites may show a tunnel in a frame.
CREATE TABLE embed_grants (
    id          TEXT PRIMARY KEY,
    tunnel      TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    ancestors   TEXT NOT NULL,                        -- origins, with spaces between
    created     TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    expires     TEXT,
    note        TEXT
);

-- Hosts that another proxy serves, which asks the hub who may pass.
CREATE TABLE external_routes (
    name    TEXT PRIMARY KEY,
    owner   TEXT NOT NULL,
    content TEXT NOT NULL                             -- JSON
);
