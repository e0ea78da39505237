DROP TABLE seal_image;
DROP TABLE publication;
DROP TABLE document;
DROP TABLE deadline;
DROP TABLE case_party;
DROP FUNCTION seal_image_append_only;
DROP FUNCTION publication_append_only;
DROP FUNCTION document_append_only;
