-- Which start of a task may write to which volume, from which runner (its installation), until it has said that nothing follows: also when the task is nobody's any more.
-- With it the last snapshot that was made of it.
CREATE TABLE task_writes (
    task TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    volume TEXT NOT NULL REFERENCES volumes (id) ON DELETE CASCADE,
    installation TEXT NOT NULL,
    name TEXT NOT NULL,
    account TEXT NOT NULL,
    project TEXT,
    closed INTEGER NOT NULL DEFAULT 0,
    root TEXT,
    snapshot TEXT,
    branch TEXT,
    cause TEXT,
    saved TEXT,
    PRIMARY KEY (task, attempt)
);
