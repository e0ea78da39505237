-- Small pictures of photos, by the SHA-256 of the original: own ones and those that came with a colleague's bundle.
CREATE TABLE thumbnail (
    sha256 BLOB PRIMARY KEY,
    jpeg   BLOB NOT NULL
) STRICT;
