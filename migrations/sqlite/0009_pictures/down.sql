DROP TABLE file_alike;
DROP TABLE file_band;
DROP TABLE file_fact;
DROP TABLE file_todo;
