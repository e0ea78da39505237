-- Which objects visits went to, and which objects are one: read from the records, for the admission. `unread` names the records whose
-- rows are behind; triggers note every write, so that whoever reads brings up to date what has changed and nothing else.
CREATE TABLE unread (
    record BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO unread (record) SELECT record FROM mirror UNION SELECT record FROM journal WHERE settled = 0;
CREATE TRIGGER mirror_new AFTER INSERT ON mirror BEGIN
    INSERT INTO unread (record) SELECT NEW.record WHERE NOT EXISTS (SELECT 1 FROM unread WHERE record = NEW.record);
END;
CREATE TRIGGER mirror_changed AFTER UPDATE ON mirror BEGIN
    INSERT INTO unread (record) SELECT NEW.record WHERE NOT EXISTS (SELECT 1 FROM unread WHERE record = NEW.record);
END;
CREATE TRIGGER mirror_gone AFTER DELETE ON mirror BEGIN
    INSERT INTO unread (record) SELECT OLD.record WHERE NOT EXISTS (SELECT 1 FROM unread WHERE record = OLD.record);
END;
CREATE TRIGGER journal_new AFTER INSERT ON journal BEGIN
    INSERT INTO unread (record) SELECT NEW.record WHERE NOT EXISTS (SELECT 1 FROM unread WHERE record = NEW.record);
END;
CREATE TRIGGER journal_settled AFTER UPDATE OF settled ON journal WHEN OLD.settled <> NEW.settled BEGIN
    INSERT INTO unread (record) SELECT NEW.record WHERE NOT EXISTS (SELECT 1 FROM unread WHERE record = NEW.record);
END;

-- Visits that took place: object and organ, with why, when, and what the visit was joined into. `alone`: the site, of a visit that
-- named no subject.
CREATE TABLE visited (
    visit  BLOB NOT NULL,
    object BLOB NOT NULL,
    organ  TEXT NOT NULL,
    kind   TEXT NOT NULL,
    day    TEXT NOT NULL,
    ms     INTEGER NOT NULL,
    alone  INTEGER NOT NULL,
    joined BLOB,
    PRIMARY KEY (visit, object, organ)
) STRICT, WITHOUT ROWID;
CREATE INDEX visited_object ON visited (object, day);

-- Sites and subjects.
CREATE TABLE object (
    record BLOB PRIMARY KEY,
    risk   TEXT,
    joined BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX object_joined ON object (joined) WHERE joined IS NOT NULL;
-- Numbers by which two records of one kind are one object, each with the kinds of record and number before it.
CREATE TABLE object_number (
    record BLOB NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (record, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX object_number_same ON object_number (number);
