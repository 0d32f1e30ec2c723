-- Bytes that the content of a project may take; null for no limit. Users have none: content is a project's.
ALTER TABLE quotas ADD COLUMN storage INTEGER;
