CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    secret_hash  BLOB NOT NULL,
    source       TEXT NOT NULL,
    provider_sid TEXT,                                -- the provider's session, for its back-channel log-out
    created      TEXT NOT NULL,
    last_seen    TEXT NOT NULL,
    ends         TEXT NOT NULL,
    user_agent   TEXT,
    address      TEXT
);

CREATE INDEX sessions_by_account ON sessions (account);

-- Invitations and password resets: links that are good once.
CREATE TABLE invitations (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    secret_hash BLOB NOT NULL,
    created_by  TEXT NOT NULL,
    created     TEXT NOT NULL,
    expires     TEXT NOT NULL
);
