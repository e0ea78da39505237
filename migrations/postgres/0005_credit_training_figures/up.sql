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
