-- How often a delivery was started under guard, after unclean stops, without coming to an end: what stops its host is found by it.
ALTER TABLE work ADD COLUMN guarded_starts INTEGER NOT NULL DEFAULT 0;
