CREATE TABLE tokens (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    account     TEXT NOT NULL,
    is_admin    INTEGER NOT NULL,
    secret_hash BLOB NOT NULL,
    created     TEXT NOT NULL,
    expires     TEXT,
    revoked     TEXT,
    last_used   TEXT,
    max_tunnels INTEGER,
    max_streams INTEGER,
    bandwidth   INTEGER
);
