-- Tasks: what should run, and what is known of it. `resolved` is everything that followed from template and request (JSON); `request_key` is the
-- Idempotency-Key it was made with; a task that `holds` its name keeps others of its owner from it.
CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    holds INTEGER NOT NULL,
    account TEXT NOT NULL,
    token_id TEXT NOT NULL,
    maker TEXT NOT NULL,
    project TEXT,
    kind TEXT NOT NULL,
    template TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    resolved TEXT NOT NULL,
    request_key TEXT,
    wanted INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    exit_code INTEGER,
    runner TEXT,
    steps TEXT NOT NULL,
    last_lines TEXT,
    created TEXT NOT NULL,
    ended TEXT
);
CREATE INDEX tasks_of_account ON tasks (account, created);
CREATE INDEX tasks_alive ON tasks (ended) WHERE ended IS NULL;
CREATE UNIQUE INDEX tasks_names ON tasks (account, name) WHERE holds = 1;
CREATE UNIQUE INDEX tasks_keys ON tasks (account, request_key) WHERE request_key IS NOT NULL;
