DROP TABLE fact;
DROP TABLE cohandling;
DROP TABLE attendance;
DROP TABLE course_part;
DROP TABLE course;
DROP TABLE outbox;
DROP TABLE repair;
