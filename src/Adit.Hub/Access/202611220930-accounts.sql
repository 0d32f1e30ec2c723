-- An account's name never changes and is never given to somebody else, so it is the key that others point to.
CREATE TABLE accounts (
    name          TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,                      -- person | service
    role          TEXT NOT NULL,                      -- admin | auditor | user
    project       TEXT,                               -- of a service: the project it works for
    display_name  TEXT,
    email         TEXT,
    source        TEXT NOT NULL,                      -- local, or the name of the directory or provider that vouches for it
    subject       TEXT,                               -- what the source calls it: stable there, opaque here
    password_hash TEXT,
    state         TEXT NOT NULL,                      -- active | disabled | deleted
    created       TEXT NOT NULL,
    last_sign_in  TEXT,
    version       INTEGER NOT NULL
);

CREATE UNIQUE INDEX accounts_by_subject ON accounts (source, subject) WHERE subject IS NOT NULL;

CREATE TABLE account_groups (
    name    TEXT PRIMARY KEY,
    role    TEXT,                                     -- the platform role that its members have at least
    created TEXT NOT NULL,
    version INTEGER NOT NULL
);

-- Source tells what an admin said from what a directory said at the last sign-in, which the next one replaces.
CREATE TABLE group_members (
    group_name TEXT NOT NULL REFERENCES account_groups (name) ON DELETE CASCADE,
    account    TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    source     TEXT NOT NULL,
    PRIMARY KEY (group_name, account, source)
);

CREATE INDEX group_members_by_account ON group_members (account);

-- Whoever had a token before there were accounts has one now, with the rights of the strongest of them.
INSERT INTO accounts (name, kind, role, source, state, created, version)
SELECT account, CASE WHEN max(is_admin) = 1 THEN 'person' ELSE 'service' END, CASE WHEN max(is_admin) = 1 THEN 'admin' ELSE 'user' END,
       'local', 'active', min(created), 1
FROM tokens GROUP BY account;

-- What a token may do of what its account may: scopes, separated by spaces; null for all of it.
ALTER TABLE tokens ADD COLUMN scopes TEXT;
