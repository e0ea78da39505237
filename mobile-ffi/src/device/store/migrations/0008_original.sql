-- Originals of photos, recordings and papers, as they were captured. One is whole as soon as it has its digests; until then its
-- pieces are those of a copying that goes on, or was killed. It stays here until the office has said in its record that it has it.
CREATE TABLE original (
    id       INTEGER PRIMARY KEY,
    sha256   BLOB UNIQUE,
    sm3      BLOB,
    size     INTEGER NOT NULL DEFAULT 0,
    mime     TEXT NOT NULL DEFAULT '',
    name     TEXT NOT NULL DEFAULT '',
    record   BLOB NOT NULL,
    added_ms INTEGER NOT NULL,
    -- Where it is uploaded to, and how much of it was acknowledged there.
    upload   TEXT,
    at       INTEGER NOT NULL DEFAULT 0,
    -- Whether the office has its thumbnail.
    shown    INTEGER NOT NULL DEFAULT 0,
    -- Why the office does not take it.
    problem  TEXT
) STRICT;

CREATE TABLE original_piece (
    original INTEGER NOT NULL,
    n        INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (original, n)
) STRICT;
