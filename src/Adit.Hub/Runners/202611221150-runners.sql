-- Runners: machines that execute tasks. `installation` is what a runner's data directory keeps; of it only the SHA-256 is here.
CREATE TABLE runners (
    name TEXT PRIMARY KEY,
    installation TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    version TEXT NOT NULL,
    labels TEXT NOT NULL,
    own_labels TEXT NOT NULL,
    taints TEXT NOT NULL,
    own_taints TEXT NOT NULL,
    cordoned INTEGER NOT NULL,
    draining INTEGER NOT NULL,
    facts TEXT NOT NULL,
    created TEXT NOT NULL,
    seen TEXT NOT NULL
);
