DROP TABLE seal_image;
DROP TABLE publication;
DROP TABLE document_file;
DROP TABLE document;
DROP TABLE deadline;
DROP TABLE officer_time;
DROP TABLE case_party;
