-- The law as the office last said it: rows with days (sync_core::dated), their bodies as they came.
CREATE TABLE law_row (
    kind      TEXT NOT NULL,
    key       TEXT NOT NULL,
    from_day  TEXT NOT NULL,
    until_day TEXT,
    body      TEXT NOT NULL,
    PRIMARY KEY (kind, key, from_day)
) STRICT, WITHOUT ROWID;

-- Which pack these rows are: the signed protocol::LawManifest, and the areas of its slice as a JSON list.
CREATE TABLE law_pack (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    manifest TEXT NOT NULL,
    areas    TEXT NOT NULL
) STRICT;

-- Pages of a pack that is still arriving, by the number of entries before each.
CREATE TABLE law_page (
    at   INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
