-- Whether only its owner's tasks run on a runner: as it was started, and as somebody said on the hub (null: as it was started).
ALTER TABLE runners ADD COLUMN own_private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runners ADD COLUMN private INTEGER;
