-- What cases say to other cases of the same party, and what officers did from when to when: read from the records like `visited`.
CREATE TABLE case_line (
    record    BLOB PRIMARY KEY,
    matter    TEXT NOT NULL,
    unit      TEXT NOT NULL,
    stage     TEXT NOT NULL,
    act_day   TEXT,
    act_end   TEXT,
    decided   TEXT,
    fine_fen  INTEGER NOT NULL,
    punished  INTEGER NOT NULL,
    exemption TEXT,
    site      BLOB
) STRICT, WITHOUT ROWID;
-- The keys of their parties, each with the cases that name it.
CREATE TABLE case_party (
    party  TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (party, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_party_record ON case_party (record);
CREATE TABLE officer_time (
    officer  TEXT NOT NULL,
    record   BLOB NOT NULL,
    entry    TEXT NOT NULL,
    from_ms  INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (officer, record, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX officer_time_record ON officer_time (record);
-- Visits and cases that came before these tables are read once more.
INSERT OR IGNORE INTO unread (record) SELECT record FROM mirror UNION SELECT record FROM journal WHERE settled = 0;
