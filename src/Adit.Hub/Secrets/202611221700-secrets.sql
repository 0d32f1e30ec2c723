-- Passwords and keys that tasks get. `project` is '' for those of the hub. `sealed` is nonce, tag and text of AES-256-GCM, with the key in secrets.key
-- of the data directory; project, name and version are authenticated with it.
CREATE TABLE secrets (
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed BLOB NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    changed TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (project, name)
);
