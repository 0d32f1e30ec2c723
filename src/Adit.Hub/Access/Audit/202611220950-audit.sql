CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    actor   TEXT,                                     -- the account; null for a stranger
    via     TEXT,                                     -- session:ID, token:ID
    action  TEXT NOT NULL,                            -- sign-in, token.create, policy.change
    target  TEXT,                                     -- what it was done to: account:anna, tunnel:demo
    outcome TEXT NOT NULL,                            -- allowed | denied | failed
    address TEXT,
    detail  TEXT                                      -- JSON
);

CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_action ON audit (action, id);
CREATE INDEX audit_by_target ON audit (target, id);
CREATE INDEX audit_by_time ON audit (at);
