-- Rows with days: areas, organs, units, posts, certificates, matters, powers, transfers, years, policies.
-- Days are ISO texts, so that they compare as they stand; `until_day` is the first day no longer in force.
-- `rev` is the revision of the district's book at which the row was last written.
CREATE TABLE dated (
    district BIGINT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    from_day TEXT NOT NULL,
    until_day TEXT,
    body TEXT NOT NULL,
    hash BLOB NOT NULL,
    rev BIGINT NOT NULL,
    PRIMARY KEY (district, kind, key, from_day),
    CHECK (until_day IS NULL OR until_day > from_day)
);
CREATE INDEX dated_by_rev ON dated (district, rev);

-- Rows that were withdrawn before their first day, so that replicas hear of it.
CREATE TABLE dated_withdrawn (
    district BIGINT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    from_day TEXT NOT NULL,
    rev BIGINT NOT NULL,
    PRIMARY KEY (district, kind, key, from_day)
);
CREATE INDEX dated_withdrawn_by_rev ON dated_withdrawn (district, rev);

-- Days of one thing never overlap, whoever writes.
CREATE TRIGGER dated_insert BEFORE INSERT ON dated
WHEN EXISTS (
    SELECT 1 FROM dated d
    WHERE d.district = NEW.district AND d.kind = NEW.kind AND d.key = NEW.key AND d.from_day <> NEW.from_day
      AND (d.until_day IS NULL OR d.until_day > NEW.from_day) AND (NEW.until_day IS NULL OR d.from_day < NEW.until_day)
)
BEGIN SELECT RAISE(ABORT, 'dated_overlap'); END;
CREATE TRIGGER dated_update BEFORE UPDATE ON dated
WHEN EXISTS (
    SELECT 1 FROM dated d
    WHERE d.district = NEW.district AND d.kind = NEW.kind AND d.key = NEW.key AND d.from_day <> OLD.from_day
      AND (d.until_day IS NULL OR d.until_day > NEW.from_day) AND (NEW.until_day IS NULL OR d.from_day < NEW.until_day)
)
BEGIN SELECT RAISE(ABORT, 'dated_overlap'); END;

-- Who did what to what, and who read what is personal. Each entry's hash covers the one before.
CREATE TABLE audit (
    district BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (district, seq)
);
CREATE INDEX audit_by_actor ON audit (district, actor, seq);
CREATE INDEX audit_by_object ON audit (district, object, seq);
CREATE INDEX audit_by_action ON audit (district, action, seq);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit_append_only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit_append_only'); END;

-- One row per district: revision of the book; the audit's newest entry, signed with the server's key.
CREATE TABLE law_head (
    district BIGINT NOT NULL PRIMARY KEY,
    rev BIGINT NOT NULL
);
CREATE TABLE audit_head (
    district BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BLOB NOT NULL,
    alg TEXT NOT NULL,
    signature BLOB NOT NULL
);

-- `scope`: own, unit, subtree or area, with its code where it has one. `personal` and `totp` are sealed with the
-- server's key; `totp_step` is the last time step that was used, so that a code is good once.
ALTER TABLE officer ADD COLUMN scope TEXT NOT NULL DEFAULT '{"level":"unit"}';
ALTER TABLE officer ADD COLUMN personal BLOB;
ALTER TABLE officer ADD COLUMN totp BLOB;
ALTER TABLE officer ADD COLUMN totp_confirmed_ms BIGINT;
ALTER TABLE officer ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
-- The administrators' work is divided among three (GB/T 22239); whoever held all of it holds the system's part.
UPDATE officer SET roles = REPLACE(roles, '"admin"', '"system_admin"');

-- Failed log-ins by account (`officer:…`) and by address (`address:…`).
CREATE TABLE login_failure (
    district BIGINT NOT NULL,
    subject TEXT NOT NULL,
    failures BIGINT NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (district, subject)
);

-- The newest change of its own that a device named in its last session, and when an order was first told.
ALTER TABLE pending_report ADD COLUMN head_seq BIGINT;
ALTER TABLE pending_report ADD COLUMN head_hash BLOB;
ALTER TABLE command ADD COLUMN told_ms BIGINT;
UPDATE officer SET scope = '{"level":"district"}' WHERE roles LIKE '%"system_admin"%';
