DROP INDEX deadline_near;
DROP TABLE held_deadline;
DROP TABLE held_line;
DROP INDEX listing_by_matter_stage;
DROP INDEX listing_by_matter;
DROP INDEX listing_awaited;
ALTER TABLE listing DROP COLUMN opens;
ALTER TABLE listing DROP COLUMN matter;
ALTER TABLE listing DROP COLUMN awaits;
