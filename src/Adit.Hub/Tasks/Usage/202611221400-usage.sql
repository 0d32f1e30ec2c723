-- What each attempt of a task had reserved on a runner, and for how long: GPU hours of quotas and reports of usage are counted from it. Times are
-- milliseconds since 1970 (UTC). `ended` is null while it goes on; `lost` is since when its runner is not heard of: it counts to there, and in
-- full again when it comes back. The price is that of an hour at its start, as decimal text.
CREATE TABLE task_usage (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    name TEXT NOT NULL,
    account TEXT NOT NULL,
    project TEXT,
    template TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    runner TEXT NOT NULL,
    cpu REAL NOT NULL,
    memory INTEGER NOT NULL,
    gpus INTEGER NOT NULL,
    price TEXT,
    currency TEXT,
    started INTEGER NOT NULL,
    ended INTEGER,
    lost INTEGER,
    UNIQUE (task, attempt)
);
CREATE INDEX task_usage_ends ON task_usage (ended);
CREATE INDEX task_usage_of_account ON task_usage (account, ended);
CREATE INDEX task_usage_of_project ON task_usage (project, ended);
-- What a task used in earlier attempts (milliseconds), and until when it counts where that is not when the hub heard of its end.
ALTER TABLE tasks ADD COLUMN used_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN used_until TEXT;
