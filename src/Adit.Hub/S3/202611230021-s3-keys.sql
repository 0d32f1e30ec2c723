-- Keys of the S3 endpoint. A signature is checked with the secret itself, so that it is kept, sealed as secrets are (Secrets/SecretSeal.cs).
CREATE TABLE s3_keys (
    id TEXT PRIMARY KEY,
    name TEXT,
    account TEXT NOT NULL,
    project TEXT,
    read_only INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created TEXT NOT NULL,
    expires TEXT
);
