-- Handhelds that mirrored records name and whose certificate is not here. `asked`: the server knows none either.
CREATE TABLE stranger (
    device INTEGER PRIMARY KEY,
    asked  INTEGER NOT NULL
) STRICT;
CREATE INDEX stranger_unasked ON stranger (device) WHERE asked = 0;
