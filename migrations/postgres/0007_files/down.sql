DROP TABLE file_custody;
DROP FUNCTION file_custody_append_only();
DROP TABLE file_thumbnail;
DROP TABLE file_use;
DROP TABLE file_given;
DROP TABLE file_holder;
DROP TABLE file;
DROP TABLE upload;
