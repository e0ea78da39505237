-- One row that says who this store is: a JSON of replica::Meta.
CREATE TABLE meta (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT NOT NULL
) STRICT;

-- Small facts of this store, by name: the id chosen before the first enrolment request (so that a lost answer
-- can be asked for again) and the server's address.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every change known here, own and colleagues', in the order it came to be known.
-- 64-bit ids are stored as the signed integer of the same bits.
CREATE TABLE journal (
    ord         INTEGER PRIMARY KEY,
    device      INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    record      BLOB NOT NULL,
    hash        BLOB NOT NULL,
    held        INTEGER NOT NULL,
    settled     INTEGER NOT NULL,
    disposition TEXT,
    -- The server last said that it is parked or in quarantine.
    held_up     INTEGER NOT NULL,
    alg         TEXT NOT NULL,
    signature   BLOB NOT NULL,
    bytes       BLOB NOT NULL,
    UNIQUE (device, seq)
) STRICT;
CREATE INDEX journal_undelivered ON journal (device, ord, seq, record) WHERE held = 0;
CREATE INDEX journal_undelivered_all ON journal (ord) WHERE held = 0;
CREATE INDEX journal_held_up ON journal (device, ord) WHERE held_up = 1;
CREATE INDEX journal_unsettled_held ON journal (ord) WHERE held = 1 AND settled = 0;
CREATE INDEX journal_unanswered ON journal (device, seq) WHERE disposition IS NULL;
CREATE INDEX journal_overlay ON journal (record, ord) WHERE settled = 0;

-- Records as the server last said them.
CREATE TABLE mirror (
    record BLOB PRIMARY KEY,
    sum    INTEGER NOT NULL,
    state  BLOB NOT NULL
) STRICT;
CREATE TABLE member (
    bucket    TEXT NOT NULL,
    record    BLOB NOT NULL,
    confirmed INTEGER NOT NULL,
    PRIMARY KEY (bucket, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_record ON member (record);
-- Wrapping sum of the checksums of a bucket's records, kept with every write.
CREATE TABLE bucket (
    name TEXT PRIMARY KEY,
    sum  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the author had written and been told of on a record.
CREATE TABLE authored (
    record BLOB PRIMARY KEY,
    last   INTEGER NOT NULL,
    told   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (
    device INTEGER PRIMARY KEY,
    body   TEXT NOT NULL
) STRICT;

-- What the officer has yet to be shown, kept in the transaction that learned of it: an app that is killed before it
-- showed something shows it the next time.
CREATE TABLE notice (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL
) STRICT;
