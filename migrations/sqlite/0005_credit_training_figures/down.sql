DROP TABLE outbox;
DROP TABLE repair;
