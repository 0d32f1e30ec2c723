-- Which snapshots of a volume stay (JSON; null for all), and those that went: the snapshot that stands in the place of each, for clients that still have it as their origin.
-- The parents of those that stay are what they were before, but for those that went: their parents stand there instead.
ALTER TABLE volumes ADD COLUMN retention TEXT;

CREATE TABLE pruned_snapshots (
    volume TEXT NOT NULL REFERENCES volumes (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    ancestor TEXT,
    PRIMARY KEY (volume, id)
);
