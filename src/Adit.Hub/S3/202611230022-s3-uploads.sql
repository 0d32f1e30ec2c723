-- Objects that are put in parts. `entry` of an upload is what the object will be but for its bytes; of a part it is its bytes, as an entry of a directory has them.
CREATE TABLE s3_uploads (
    id TEXT PRIMARY KEY,
    volume TEXT NOT NULL REFERENCES volumes (id) ON DELETE CASCADE,
    path BLOB NOT NULL,
    account TEXT NOT NULL,
    begun TEXT NOT NULL,
    entry BLOB NOT NULL
);

CREATE INDEX s3_uploads_volume ON s3_uploads (volume, path);

CREATE TABLE s3_parts (
    upload TEXT NOT NULL REFERENCES s3_uploads (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    md5 BLOB NOT NULL,
    put TEXT NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY (upload, number)
);
