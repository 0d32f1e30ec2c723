CREATE TABLE projects (
    name        TEXT PRIMARY KEY,
    title       TEXT,
    description TEXT,
    visibility  TEXT NOT NULL,                        -- private: members see it; internal: everyone signed in does
    created     TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    deleted     TEXT,                                 -- since when it waits for its end
    version     INTEGER NOT NULL
);

-- A member is an account or a group (kind 'account' or 'group').
CREATE TABLE project_members (
    project TEXT NOT NULL REFERENCES projects (name) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    member  TEXT NOT NULL,
    role    TEXT NOT NULL,                            -- owner | maintainer | member | viewer
    added   TEXT NOT NULL,
    PRIMARY KEY (project, kind, member)
);
