DROP TABLE file_custody;
DROP TABLE file_thumbnail;
DROP TABLE file_use;
DROP TABLE file_given;
DROP TABLE file_holder;
DROP TABLE file;
DROP TABLE upload;
