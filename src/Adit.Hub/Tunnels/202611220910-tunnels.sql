CREATE TABLE tunnels (
    name     TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    account  TEXT NOT NULL,
    owner    TEXT NOT NULL,
    access   TEXT NOT NULL,
    keep     INTEGER NOT NULL,
    hosts    TEXT NOT NULL,
    port     INTEGER,
    client   TEXT,
    target   TEXT,
    options  TEXT,
    created  TEXT NOT NULL
);

-- Names of kept tunnels that were given up: for a while only their account may have them again, so that nobody inherits their visitors.
CREATE TABLE released_names (
    name     TEXT PRIMARY KEY,
    account  TEXT NOT NULL,
    released TEXT NOT NULL
);
