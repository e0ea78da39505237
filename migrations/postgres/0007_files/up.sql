-- Originals. `upload` is what somebody hands in piece by piece: `at` bytes of `size` are here and flushed; nothing of it is seen by anybody
-- else. It goes at `expires_ms`, when its pieces go too unless they have become a file.
CREATE TABLE upload (
    district BIGINT NOT NULL,
    id TEXT NOT NULL,
    owner TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    size BIGINT NOT NULL,
    at BIGINT NOT NULL,
    name TEXT NOT NULL,
    metadata TEXT NOT NULL,
    record BYTEA,
    begun_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX upload_by_owner ON upload (district, owner, sha256);
CREATE INDEX upload_by_end ON upload (district, expires_ms, id);

-- A file that is there under its digest, whole. Never changed, and deleted by no call.
CREATE TABLE file (
    district BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    size BIGINT NOT NULL,
    mime TEXT NOT NULL,
    stored_ms BIGINT NOT NULL,
    PRIMARY KEY (district, sha256)
);

-- Who handed a file in, whole: only he is told that it is there already.
CREATE TABLE file_holder (
    district BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    owner TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (district, sha256, owner)
);

-- What a file was handed in for: the record that its upload named, and that its owner reached then.
CREATE TABLE file_given (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    sha256 BYTEA NOT NULL,
    PRIMARY KEY (district, record, sha256)
);

-- Which records ever named a file, so that they are told when it comes. Whether one names it still, the record says.
CREATE TABLE file_use (
    district BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (district, sha256, record)
);

-- What a photo looks like whose original waits: from the handheld, shown through the record that names it, gone when the original comes.
CREATE TABLE file_thumbnail (
    district BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    record BYTEA NOT NULL,
    jpeg BYTEA NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (district, sha256, record)
);

-- Chain of custody of a file: one row an event, dense from 1, each hash over the one before. `detail`: JSON, or empty. Only ever added to.
CREATE TABLE file_custody (
    district BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    n BIGINT NOT NULL,
    what TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    record BYTEA,
    detail TEXT NOT NULL,
    alg TEXT NOT NULL,
    prev BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (district, sha256, n)
);
CREATE FUNCTION file_custody_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'file_custody_append_only';
END $$;
CREATE TRIGGER file_custody_append_only BEFORE UPDATE OR DELETE ON file_custody FOR EACH ROW EXECUTE FUNCTION file_custody_append_only();
