-- Credit repair: one line for each decision that can be repaired, for lists, reminders and figures. Written with the record of the
-- repair, rebuilt by `zhifa reindex`. `party` names whoever was punished by what identifies it, as in `case_party`; `opens` is the first
-- day of an application, `latest` that on which the display ends by itself.
CREATE TABLE repair (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    case_record BYTEA NOT NULL,
    unit TEXT NOT NULL,
    party TEXT NOT NULL,
    stage TEXT NOT NULL,
    decided_day TEXT,
    own_regime TEXT NOT NULL,
    regime TEXT NOT NULL,
    category TEXT NOT NULL,
    opens TEXT,
    latest TEXT,
    qualified_day TEXT,
    channel TEXT,
    applied_day TEXT,
    approved_day TEXT,
    synced_day TEXT,
    days BIGINT,
    PRIMARY KEY (district, record)
);
CREATE INDEX repair_by_opens ON repair (district, opens, record);
CREATE INDEX repair_by_stage ON repair (district, stage, opens, record);
CREATE INDEX repair_by_party ON repair (district, party, record);
CREATE INDEX repair_by_case ON repair (district, case_record);
CREATE INDEX repair_by_decision ON repair (district, decided_day, record);

-- What is to be told to systems outside: written in the transaction of what it tells, sent afterwards, until it is confirmed. `id` is the
-- key under which the other side knows that it was told before; `body` never changes. `next_ms` is when it is tried next: nothing once
-- it is done, or once the other side refused it for good.
CREATE TABLE outbox (
    district BIGINT NOT NULL,
    id TEXT NOT NULL,
    target TEXT NOT NULL,
    record BYTEA NOT NULL,
    action TEXT NOT NULL,
    body TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    next_ms BIGINT,
    done_ms BIGINT,
    receipt TEXT,
    error TEXT,
    PRIMARY KEY (district, id)
);
CREATE INDEX outbox_by_next ON outbox (district, target, next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX outbox_by_record ON outbox (district, record);

-- Training: courses, the departments that were asked to teach and those who teach (`role` is `invited` or `teacher`), and who attended
-- with which hours. Written with the record of the course, rebuilt by `zhifa reindex`.
CREATE TABLE course (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    domain TEXT NOT NULL,
    unit TEXT NOT NULL,
    stage TEXT NOT NULL,
    day TEXT,
    hours BIGINT NOT NULL,
    PRIMARY KEY (district, record)
);
CREATE INDEX course_by_day ON course (district, day, record);
CREATE TABLE course_part (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    role TEXT NOT NULL,
    entry TEXT NOT NULL,
    organ TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    asked_day TEXT,
    accepted BOOLEAN,
    PRIMARY KEY (district, record, role, entry)
);
CREATE INDEX course_part_by_organ ON course_part (district, organ, record);
CREATE TABLE attendance (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    officer TEXT NOT NULL,
    day TEXT,
    signed_ms BIGINT,
    word TEXT,
    right_answers BIGINT,
    questions BIGINT,
    hours BIGINT,
    PRIMARY KEY (district, record, officer)
);
CREATE INDEX attendance_by_officer ON attendance (district, officer, day, record);
CREATE INDEX attendance_by_day ON attendance (district, day, officer);

-- First cases on transferred matters that are handled with advice of the former department (首案共办). Written with the record of the
-- co-handling, rebuilt by `zhifa reindex`.
CREATE TABLE cohandling (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    case_record BYTEA NOT NULL,
    unit TEXT NOT NULL,
    matter TEXT NOT NULL,
    domain TEXT NOT NULL,
    former TEXT NOT NULL,
    stage TEXT NOT NULL,
    lessons BIGINT NOT NULL,
    PRIMARY KEY (district, record)
);
CREATE INDEX cohandling_by_matter ON cohandling (district, matter, record);
CREATE INDEX cohandling_by_domain ON cohandling (district, domain, record);
CREATE INDEX cohandling_by_case ON cohandling (district, case_record);

-- What records say to statistics: one row for each fact, in the order in which the record says them. Written with the record, compared by
-- `zhifa recompute`, rebuilt by `zhifa reindex`. `pair` is the record with the object.
CREATE TABLE fact (
    district BIGINT NOT NULL,
    record BYTEA NOT NULL,
    n BIGINT NOT NULL,
    what TEXT NOT NULL,
    about TEXT NOT NULL,
    day TEXT NOT NULL,
    organ TEXT,
    unit TEXT,
    area TEXT,
    object BYTEA,
    matter TEXT,
    pair TEXT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (district, record, n)
);
CREATE INDEX fact_by_day ON fact (district, day, what);
CREATE INDEX fact_by_what ON fact (district, what, day, record, n);
CREATE INDEX fact_by_object ON fact (district, object, day) WHERE object IS NOT NULL;
