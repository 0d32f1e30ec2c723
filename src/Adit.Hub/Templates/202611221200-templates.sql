-- Templates that were published or drafted here; those that are shipped are in the program. A removed one stays for its numbers.
CREATE TABLE templates (
    slug     TEXT PRIMARY KEY,
    draft    TEXT,                                    -- the document that is being written; may be wrong
    draft_by TEXT,
    draft_at TEXT,
    current  INTEGER,                                 -- the version in use; null for none
    last     INTEGER NOT NULL,                        -- the highest version that there ever was
    revision INTEGER NOT NULL                         -- counts changes, for ETags
);

-- Versions never change.
CREATE TABLE template_versions (
    slug         TEXT NOT NULL REFERENCES templates (slug),
    version      INTEGER NOT NULL,
    yaml         TEXT NOT NULL,
    published    TEXT NOT NULL,
    published_by TEXT NOT NULL,
    note         TEXT,
    of_version   INTEGER,                             -- which one was published again
    PRIMARY KEY (slug, version)
);
