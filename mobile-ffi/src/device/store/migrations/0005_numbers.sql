-- What there is to number with: one JSON of number::Stock, written in the transaction in which a number goes into a change.
CREATE TABLE stock (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT NOT NULL
) STRICT;

-- Every number that went into a change of this handheld. The key keeps a number from being given twice, whatever the stock says.
CREATE TABLE number_taken (
    series TEXT NOT NULL,
    number INTEGER NOT NULL,
    record BLOB NOT NULL,
    field  TEXT NOT NULL,
    -- Number of the change in this device's chain.
    change INTEGER NOT NULL,
    PRIMARY KEY (series, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX number_taken_change ON number_taken (change);
