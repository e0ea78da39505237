-- Cases by party, so that another organ's case about the same party and fact is found; written with the record, rebuilt by
-- `zhifa reindex`. `party` names the party by what identifies it, never in clear: `uscc:…`, `id:<digest>`, `subject:<record>`;
-- a case whose party nothing identifies has one line with an empty one.
CREATE TABLE case_party (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    party TEXT NOT NULL,
    matter TEXT NOT NULL,
    unit TEXT NOT NULL,
    stage TEXT NOT NULL,
    act_day TEXT,
    act_end TEXT,
    decided_day TEXT,
    fine_fen BIGINT NOT NULL,
    punished BOOLEAN NOT NULL,
    exemption TEXT,
    site BYTEA,
    PRIMARY KEY (district, record, party)
);
CREATE INDEX case_party_by_party ON case_party (district, party, record);
CREATE INDEX case_party_by_matter ON case_party (district, matter, record);

-- What officers did from when to when: inquiries and measures of cases, check-ins of visits, so that nobody is in two places at once.
-- `entry` is the field's key. Written with the record, rebuilt by `zhifa reindex`.
CREATE TABLE officer_time (
    district BIGINT NOT NULL,
    officer TEXT NOT NULL,
    record BYTEA NOT NULL,
    entry TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (district, record, entry, officer)
);
CREATE INDEX officer_time_by_officer ON officer_time (district, officer, from_ms);

-- What has to be done by when, of every kind of record. A line that is done keeps its day of doing; one that stands still since
-- `stands`, or cannot be reckoned, has no last day. `alert` is the first day on which it is shown as near; what `lapses` is a right
-- or a wait, which is never overdue; `rev` is the revision of the book that it was reckoned by.
CREATE TABLE deadline (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    code TEXT NOT NULL,
    about TEXT NOT NULL,
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,
    began TEXT NOT NULL,
    due TEXT,
    at_ms BIGINT,
    alert TEXT,
    done TEXT,
    stands TEXT,
    lapses BOOLEAN NOT NULL,
    rev BIGINT NOT NULL,
    PRIMARY KEY (district, record, code, about)
);
CREATE INDEX deadline_by_due ON deadline (district, due, record) WHERE done IS NULL AND due IS NOT NULL;
CREATE INDEX deadline_by_rev ON deadline (district, rev, record) WHERE done IS NULL;

-- Documents of the office: `model` is what stands on the paper, written with the number. The PDF is drawn from it and sealed
-- next; a model without a file waits for that, also after a crash.
CREATE TABLE document (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    id TEXT NOT NULL,
    sort TEXT NOT NULL,
    model TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (district, record, id)
);
CREATE INDEX document_in_order ON document (district, made_ms, record, id);
CREATE TABLE document_file (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    id TEXT NOT NULL,
    pdf BYTEA NOT NULL,
    sha256 BYTEA NOT NULL,
    pages BIGINT NOT NULL,
    sealed_ms BIGINT NOT NULL,
    PRIMARY KEY (district, record, id)
);

-- What was published of a decision, version by version: a correction and a withdrawal are versions of their own, and the text
-- of the older ones stays. `body` is masked; `state` is `published`, `corrected` or `withdrawn`.
CREATE TABLE publication (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    day TEXT NOT NULL,
    body TEXT NOT NULL,
    reason TEXT,
    at_ms BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    PRIMARY KEY (district, record, version)
);
CREATE INDEX publication_by_day ON publication (district, day, record, version);

-- Images of organs' seals, each from a day on.
CREATE TABLE seal_image (
    district BIGINT NOT NULL,
    organ TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    png BYTEA NOT NULL,
    valid_from TEXT NOT NULL,
    uploaded_ms BIGINT NOT NULL,
    uploaded_by TEXT NOT NULL,
    PRIMARY KEY (district, organ, valid_from, sha256, uploaded_ms)
);

CREATE FUNCTION document_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'document_append_only';
END $$;
CREATE TRIGGER document_no_update BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION document_append_only();
CREATE FUNCTION document_file_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'document_file_append_only';
END $$;
CREATE TRIGGER document_file_no_update BEFORE UPDATE OR DELETE ON document_file FOR EACH ROW EXECUTE FUNCTION document_file_append_only();
CREATE FUNCTION publication_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'publication_append_only';
END $$;
CREATE TRIGGER publication_no_update BEFORE UPDATE OR DELETE ON publication FOR EACH ROW EXECUTE FUNCTION publication_append_only();
CREATE FUNCTION seal_image_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'seal_image_append_only';
END $$;
CREATE TRIGGER seal_image_no_update BEFORE UPDATE OR DELETE ON seal_image FOR EACH ROW EXECUTE FUNCTION seal_image_append_only();
