-- Volumes: versions of directories. Their bytes are content, beneath content/PROJECT of the data directory; here are the names. A snapshot's row says again what its
-- chunk says (docs/reference/content.md, "Snapshots"), so that a log is one query; `number` counts the snapshots of a volume.
CREATE TABLE volumes (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    description TEXT,
    created TEXT NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (project, name)
);

CREATE TABLE snapshots (
    volume TEXT NOT NULL REFERENCES volumes (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    root TEXT NOT NULL,
    entries INTEGER NOT NULL,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    parents TEXT NOT NULL,
    author TEXT NOT NULL,
    message TEXT NOT NULL,
    cause TEXT NOT NULL,
    created TEXT NOT NULL,
    uploaded_bytes INTEGER NOT NULL,
    PRIMARY KEY (volume, id),
    UNIQUE (volume, number)
);

CREATE TABLE volume_refs (
    volume TEXT NOT NULL REFERENCES volumes (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    is_tag INTEGER NOT NULL,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (volume, name)
);
