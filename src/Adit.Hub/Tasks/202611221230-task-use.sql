-- Starts of a template, the newest first: how long they take.
CREATE INDEX tasks_of_template ON tasks (template, created);
-- When tasks were used last, and how (JSON): so that a restart of the hub neither forgets nor ends anything.
CREATE TABLE task_idle (
    task TEXT PRIMARY KEY,
    memory TEXT NOT NULL
);
