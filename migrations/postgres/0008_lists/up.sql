-- Pages that cost what they show, however few of the lines that there are belong to them: what is awaited has an order of its own, and whoever
-- reaches a part of the district reads lines under the name of that part.

-- The day of what is awaited: `due` of a record from whose stage something leads on. The matter of a case. The day on which a repair opens.
ALTER TABLE listing ADD COLUMN awaits TEXT;
ALTER TABLE listing ADD COLUMN matter TEXT;
ALTER TABLE listing ADD COLUMN opens TEXT;
UPDATE listing SET matter = (SELECT MIN(c.matter) FROM case_party c WHERE c.district = listing.district AND c.record = listing.record) WHERE kind = 'case';
UPDATE listing SET opens = (SELECT r.opens FROM repair r WHERE r.district = listing.district AND r.record = listing.record) WHERE kind = 'repair';
UPDATE listing SET awaits = due WHERE due IS NOT NULL AND (kind, stage) IN (VALUES
    ('visit', 'APPROVED'), ('visit', 'CHECKED_IN'), ('visit', 'CREATED'), ('visit', 'NOTIFIED'), ('visit', 'RECORDING'), ('visit', 'RECTIFYING'), ('visit', 'RESULT_ISSUED'), ('visit', 'REVIEWED'), ('visit', 'SIGNED'),
    ('case', 'CASE_REVIEWED'), ('case', 'CHANGED'), ('case', 'CLOSED'), ('case', 'CLUE'), ('case', 'CONSENTED'), ('case', 'CONVERTED_TO_NORMAL'), ('case', 'COURT_APPLIED'), ('case', 'DECIDED'), ('case', 'DEFENCE_CLOSED'), ('case', 'DISCUSSED'), ('case', 'ENFORCED'), ('case', 'FAST_OFFERED'), ('case', 'FAST_RUNNING'), ('case', 'FILED'), ('case', 'HEARD'), ('case', 'HEARING'), ('case', 'INVESTIGATED'), ('case', 'INVESTIGATING'), ('case', 'LEGAL_REVIEWED'), ('case', 'NOT_FILED'), ('case', 'NOT_PUNISHED'), ('case', 'NO_VIOLATION'), ('case', 'OVERDUE'), ('case', 'PARTIAL'), ('case', 'PERFORMED'), ('case', 'PRE_NOTICED'), ('case', 'REVOKED'), ('case', 'SERVED'), ('case', 'SUSPENDED'), ('case', 'TERMINATED'), ('case', 'TO_POLICE'), ('case', 'TRANSFERRED'), ('case', 'URGED'), ('case', 'WITHDRAWN'),
    ('plan', 'ADJUSTING'), ('plan', 'APPROVED'), ('plan', 'COLLECTIVE_DISCUSSION'), ('plan', 'DRAFT'), ('plan', 'EXECUTING'), ('plan', 'LEGAL_REVIEW'), ('plan', 'MATCHING'), ('plan', 'PUBLISHED'), ('plan', 'SUBMITTED'),
    ('invitation', 'ACCEPTED'), ('invitation', 'CLAIMED'), ('invitation', 'DECLINED'), ('invitation', 'DISPATCHED'), ('invitation', 'FOLLOWED_UP'), ('invitation', 'ON_SITE'), ('invitation', 'RATED'), ('invitation', 'RECTIFYING'), ('invitation', 'REPORT_ISSUED'), ('invitation', 'SCHEDULED'), ('invitation', 'SUBMITTED'),
    ('liaison', 'ANSWERED'), ('liaison', 'OPEN'),
    ('repair', 'ACCEPTED'), ('repair', 'APPLIED'), ('repair', 'APPROVED'), ('repair', 'ELIGIBLE'), ('repair', 'NOT_ELIGIBLE'), ('repair', 'REFUSED'), ('repair', 'RETURNED'), ('repair', 'SYNCED'), ('repair', 'UNDER_REVIEW'),
    ('course', 'CONFIRMED'), ('course', 'HELD'), ('course', 'INVITED'), ('course', 'PLANNED'),
    ('cohandling', 'AGREED'), ('cohandling', 'ASKED'), ('cohandling', 'PROPOSED')
);
CREATE INDEX listing_awaited ON listing (district, awaits, record) WHERE awaits IS NOT NULL;
CREATE INDEX listing_by_matter ON listing (district, matter, changed, record) WHERE matter IS NOT NULL;
CREATE INDEX listing_by_matter_stage ON listing (district, matter, stage, changed, record) WHERE matter IS NOT NULL;

-- Each line once for each that holds the record: an officer (`o:`), a unit (`u:`, also when the record lies in its archive), everybody (`r`).
-- What `feed` and `listing` say together, and nothing else.
CREATE TABLE held_line (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    holder TEXT NOT NULL,
    kind TEXT NOT NULL,
    stage TEXT NOT NULL,
    changed BIGINT NOT NULL,
    day TEXT,
    due TEXT,
    awaits TEXT,
    matter TEXT,
    opens TEXT,
    flags BIGINT NOT NULL,
    PRIMARY KEY (district, record, holder)
);
INSERT INTO held_line (district, record, holder, kind, stage, changed, day, due, awaits, matter, opens, flags)
SELECT DISTINCT f.district, f.record, CASE WHEN substr(f.bucket, 1, 2) = 'a:' THEN 'u:' || substr(f.bucket, 3) ELSE f.bucket END,
    l.kind, l.stage, l.changed, l.day, l.due, l.awaits, l.matter, l.opens, l.flags
FROM feed f JOIN listing l ON l.district = f.district AND l.record = f.record
WHERE f.has_left = FALSE;
CREATE INDEX held_in_order ON held_line (district, holder, kind, changed, record);
CREATE INDEX held_by_stage ON held_line (district, holder, kind, stage, changed, record);
CREATE INDEX held_by_day ON held_line (district, holder, kind, day, record);
CREATE INDEX held_by_due ON held_line (district, holder, kind, due, record) WHERE due IS NOT NULL;
CREATE INDEX held_awaited ON held_line (district, holder, awaits, record) WHERE awaits IS NOT NULL;
CREATE INDEX held_by_matter ON held_line (district, holder, matter, stage, changed, record) WHERE matter IS NOT NULL;
CREATE INDEX held_flagged ON held_line (district, holder, kind, changed, record) WHERE flags > 0;
CREATE INDEX held_by_opens ON held_line (district, holder, opens, record) WHERE kind = 'repair';
CREATE INDEX held_by_opens_stage ON held_line (district, holder, stage, opens, record) WHERE kind = 'repair';

-- The same of what is due: what `feed` and `deadline` say together.
CREATE TABLE held_deadline (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    holder TEXT NOT NULL,
    code TEXT NOT NULL,
    about TEXT NOT NULL,
    done BOOLEAN NOT NULL,
    lapses BOOLEAN NOT NULL,
    due TEXT,
    alert TEXT,
    PRIMARY KEY (district, record, holder, code, about)
);
INSERT INTO held_deadline (district, record, holder, code, about, done, lapses, due, alert)
SELECT DISTINCT f.district, f.record, CASE WHEN substr(f.bucket, 1, 2) = 'a:' THEN 'u:' || substr(f.bucket, 3) ELSE f.bucket END,
    d.code, d.about, d.done IS NOT NULL, d.lapses, d.due, d.alert
FROM feed f JOIN deadline d ON d.district = f.district AND d.record = f.record
WHERE f.has_left = FALSE;
CREATE INDEX held_deadline_open ON held_deadline (district, holder, done, lapses, due, record, code, about, alert);
CREATE INDEX held_deadline_near ON held_deadline (district, holder, lapses, alert, due) WHERE done = FALSE AND alert IS NOT NULL;
CREATE INDEX deadline_near ON deadline (district, lapses, alert, due) WHERE done IS NULL AND alert IS NOT NULL;
