-- Files whose facts are still to be read, aside from their upload. One that somebody reads is left alone until `after_ms`.
CREATE TABLE file_todo (
    district BIGINT NOT NULL,
    sha256 BLOB NOT NULL,
    after_ms BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (district, sha256)
);
CREATE INDEX file_todo_next ON file_todo (district, after_ms, sha256);
INSERT INTO file_todo (district, sha256, after_ms, tries) SELECT district, sha256, 0, 0 FROM file;

-- What was read from a file's bytes. `look`: 64 bits of what a picture looks like, by which `file_band` finds others like it.
CREATE TABLE file_fact (
    district BIGINT NOT NULL,
    sha256 BLOB NOT NULL,
    width BIGINT,
    height BIGINT,
    taken TEXT,
    taken_ms BIGINT,
    lon_e7 BIGINT,
    lat_e7 BIGINT,
    device TEXT,
    look BIGINT,
    problem TEXT,
    detail TEXT,
    done_ms BIGINT NOT NULL,
    PRIMARY KEY (district, sha256)
);

-- Quarters of looks: two that differ by few bits have one that differs by one bit at most.
CREATE TABLE file_band (
    district BIGINT NOT NULL,
    quarter BIGINT NOT NULL,
    bits BIGINT NOT NULL,
    sha256 BLOB NOT NULL,
    look BIGINT NOT NULL,
    PRIMARY KEY (district, quarter, bits, sha256)
);

-- Pictures that look alike, each way: by how many bits of their looks they differ.
CREATE TABLE file_alike (
    district BIGINT NOT NULL,
    sha256 BLOB NOT NULL,
    other BLOB NOT NULL,
    differ BIGINT NOT NULL,
    PRIMARY KEY (district, sha256, other)
);
