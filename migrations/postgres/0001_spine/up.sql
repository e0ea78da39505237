-- One row per district; the first statement of every writing transaction locks it.
-- `roster` counts writes to devices, officers and grants, so that caches know when they are stale.
CREATE TABLE head (
    district BIGINT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL,
    commit_seq BIGINT NOT NULL,
    moves BIGINT NOT NULL,
    log_size BIGINT NOT NULL,
    log_peaks BYTEA NOT NULL,
    incarnation BIGINT NOT NULL,
    office_seq BIGINT NOT NULL,
    office_prev BYTEA NOT NULL,
    restored_at BIGINT,
    roster BIGINT NOT NULL
);

CREATE TABLE officer (
    district BIGINT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    roles TEXT NOT NULL,
    suspended_ms BIGINT,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);

-- What an officer may hold and write; rows are ended, never removed, because late work is judged by them.
CREATE TABLE officer_grant (
    district BIGINT NOT NULL,
    officer TEXT NOT NULL,
    bucket TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT,
    PRIMARY KEY (district, officer, bucket, from_ms),
    FOREIGN KEY (district, officer) REFERENCES officer (district, id)
);

-- `device` is the 64-bit id, reinterpreted as signed; so everywhere below.
CREATE TABLE device (
    district BIGINT NOT NULL,
    id BIGINT NOT NULL,
    officer TEXT NOT NULL,
    alg TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    first_prev BYTEA NOT NULL,
    state TEXT NOT NULL,
    frozen_from BIGINT,
    through_seq BIGINT NOT NULL,
    head_hash BYTEA NOT NULL,
    label TEXT NOT NULL,
    certificate TEXT NOT NULL,
    enrolled_ms BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX device_by_officer ON device (district, officer);

CREATE TABLE enrolment_code (
    district BIGINT NOT NULL,
    code_hash BYTEA NOT NULL,
    officer TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_device BIGINT,
    used_ms BIGINT,
    PRIMARY KEY (district, code_hash),
    FOREIGN KEY (district, officer) REFERENCES officer (district, id)
);

-- Every change that took a slot, its bytes as signed (zstd), and what became of it.
CREATE TABLE ledger (
    district BIGINT NOT NULL,
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    alg TEXT NOT NULL,
    signature BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    record BYTEA,
    leaf BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    disposition TEXT NOT NULL,
    commit_seq BIGINT,
    moved BIGINT NOT NULL,
    released BOOLEAN NOT NULL,
    PRIMARY KEY (district, device, seq)
);
CREATE UNIQUE INDEX ledger_by_leaf ON ledger (district, leaf);
CREATE INDEX ledger_by_move ON ledger (district, device, moved) WHERE moved > 0;
CREATE INDEX ledger_by_record ON ledger (district, record, leaf);
CREATE INDEX ledger_open ON ledger (district, state, leaf) WHERE state <> 'applied';

CREATE TABLE parked (
    district BIGINT NOT NULL,
    missing_device BIGINT NOT NULL,
    missing_seq BIGINT NOT NULL,
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (district, missing_device, missing_seq, device, seq)
);
CREATE INDEX parked_by_change ON parked (district, device, seq);

-- Dots that a reviewer declared lost.
CREATE TABLE waived (
    district BIGINT NOT NULL,
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (district, device, seq)
);

-- A cache of the log: the record as it stands (postcard, zstd), rebuilt from the ledger if lost.
CREATE TABLE record (
    district BIGINT NOT NULL,
    id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    schema BIGINT NOT NULL,
    state BYTEA NOT NULL,
    commit_seq BIGINT NOT NULL,
    sum BIGINT NOT NULL,
    contested BIGINT NOT NULL,
    exceptions BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX record_contested ON record (district, commit_seq) WHERE contested > 0;
CREATE INDEX record_excepted ON record (district, commit_seq) WHERE exceptions > 0;

CREATE TABLE feed (
    district BIGINT NOT NULL,
    bucket TEXT NOT NULL,
    record BYTEA NOT NULL,
    entered BIGINT NOT NULL,
    last BIGINT NOT NULL,
    has_left BOOLEAN NOT NULL,
    PRIMARY KEY (district, bucket, record)
);
CREATE INDEX feed_in_order ON feed (district, bucket, last);
CREATE INDEX feed_by_record ON feed (district, record);

CREATE TABLE bucket_head (
    district BIGINT NOT NULL,
    bucket TEXT NOT NULL,
    last BIGINT NOT NULL,
    sum BIGINT NOT NULL,
    PRIMARY KEY (district, bucket)
);

-- Complete nodes of levels 8, 16, 24, …; the levels between are computed from the ledger or from these.
CREATE TABLE merkle_node (
    district BIGINT NOT NULL,
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (district, level, idx)
);

-- Roots that a signed receipt has named.
CREATE TABLE merkle_root (
    district BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    PRIMARY KEY (district, size)
);

CREATE TABLE custody (
    district BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    class TEXT NOT NULL,
    device BIGINT,
    bytes BYTEA NOT NULL,
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (district, hash)
);

CREATE TABLE notice (
    district BIGINT NOT NULL,
    subject TEXT NOT NULL,
    class TEXT NOT NULL,
    raised_ms BIGINT NOT NULL,
    done_ms BIGINT,
    done_by TEXT,
    PRIMARY KEY (district, subject)
);
CREATE INDEX notice_open ON notice (district, raised_ms) WHERE done_ms IS NULL;

-- What a device said it still holds, per record; `pending_report` has one row per device.
CREATE TABLE pending (
    district BIGINT NOT NULL,
    device BIGINT NOT NULL,
    record BYTEA NOT NULL,
    changes BIGINT NOT NULL,
    PRIMARY KEY (district, device, record)
);
CREATE INDEX pending_by_record ON pending (district, record);
CREATE TABLE pending_report (
    district BIGINT NOT NULL,
    device BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    reported_ms BIGINT NOT NULL,
    PRIMARY KEY (district, device)
);

CREATE TABLE command (
    district BIGINT NOT NULL,
    device BIGINT NOT NULL,
    number BIGINT NOT NULL,
    body TEXT NOT NULL,
    issued_ms BIGINT NOT NULL,
    done_ms BIGINT,
    PRIMARY KEY (district, device, number)
);

-- Browser log-ins: one row per family of rotating refresh tokens, by the hash of its newest token.
CREATE TABLE refresh_family (
    district BIGINT NOT NULL,
    family BYTEA NOT NULL,
    officer TEXT NOT NULL,
    current_hash BYTEA NOT NULL,
    issued_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    PRIMARY KEY (district, family)
);
