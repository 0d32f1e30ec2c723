-- Read newest first, by time and then id; each index therefore ends with the time (and, as every index, with the id).
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

CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_actor ON audit (actor, at);
CREATE INDEX audit_by_action ON audit (action, at);
CREATE INDEX audit_by_target ON audit (target, at);
CREATE INDEX audit_by_outcome ON audit (outcome, at);

-- What is older than this may be removed; everything else in the log stays as it was written, whoever tries.
CREATE TABLE audit_retention (
    before TEXT NOT NULL
);

INSERT INTO audit_retention (before) VALUES ('');

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are not changed');
END;

CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
WHEN OLD.at >= (SELECT before FROM audit_retention)
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are not removed before their time');
END;
