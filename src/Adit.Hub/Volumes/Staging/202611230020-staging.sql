-- What was put into volumes and is in no snapshot yet: decision 0012. `path` is relative to the volume, its parts with a slash between; one that ends with a slash is a
-- directory. `entry` is an entry as docs/reference/content.md has it, null where something was taken away. Only the last change of a path counts.
CREATE TABLE staged (
    volume TEXT NOT NULL REFERENCES volumes (id) ON DELETE CASCADE,
    path BLOB NOT NULL,
    seq INTEGER NOT NULL,
    entry BLOB,
    account TEXT NOT NULL,
    PRIMARY KEY (volume, path)
) WITHOUT ROWID;

-- Changes up to this one are in a snapshot: one that reaches the disk after it is not staged any more.
CREATE TABLE staged_settled (
    volume TEXT PRIMARY KEY REFERENCES volumes (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL
);
