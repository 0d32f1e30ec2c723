-- How much users and projects may have at once, and in a month. `name` '*' is what holds for all that have none of their own; what is null has no limit.
CREATE TABLE quotas (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    tasks INTEGER,
    cpu REAL,
    memory INTEGER,
    gpus INTEGER,
    gpu_hours REAL,
    version INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
);
