-- Indexes beside the records: written in the transaction of the record, rebuilt from the records by `zhifa reindex`, and
-- compared by `zhifa verify`. Days are ISO texts, record ids 16 bytes.

-- A line for every record. `changed` is the commit at which the line itself last changed.
CREATE TABLE listing (
    district BIGINT NOT NULL,
    record BLOB NOT NULL,
    kind TEXT NOT NULL,
    stage TEXT NOT NULL,
    title TEXT NOT NULL,
    day TEXT,
    due TEXT,
    code TEXT,
    object BLOB,
    flags BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (district, record)
);
CREATE INDEX listing_in_order ON listing (district, kind, changed);
CREATE INDEX listing_by_stage ON listing (district, kind, stage, changed);
CREATE INDEX listing_by_due ON listing (district, due, record) WHERE due IS NOT NULL;
CREATE INDEX listing_by_code ON listing (district, code) WHERE code IS NOT NULL;
CREATE INDEX listing_by_object ON listing (district, object, day) WHERE object IS NOT NULL;

-- Sites and subjects. `root` is where the chain of `joined` ends; whoever asks for one of a family finds all. `field_made`:
-- only handhelds have written it so far. `apart`: the records that it is said not to be one with, with blanks between.
CREATE TABLE object (
    district BIGINT NOT NULL,
    record BLOB NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    area TEXT,
    list TEXT,
    risk TEXT,
    credit TEXT,
    lon_e7 BIGINT,
    lat_e7 BIGINT,
    joined BLOB,
    root BLOB NOT NULL,
    field_made BOOLEAN NOT NULL,
    apart TEXT NOT NULL,
    PRIMARY KEY (district, record)
);
CREATE INDEX object_by_root ON object (district, root);
CREATE INDEX object_by_joined ON object (district, joined) WHERE joined IS NOT NULL;
CREATE INDEX object_by_list ON object (district, kind, list, record);
CREATE INDEX object_by_place ON object (district, kind, lat_e7, lon_e7);
CREATE TABLE object_alias (
    district BIGINT NOT NULL,
    record BLOB NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (district, record, kind, value)
);
CREATE INDEX object_alias_by_value ON object_alias (district, value, kind);

-- Visits that took place, by organ and object. `alone`: the visit names no subject, so its site stands for all of them.
-- `since` is the commit at which it came to be counted.
CREATE TABLE visit_part (
    district BIGINT NOT NULL,
    visit BLOB NOT NULL,
    organ TEXT NOT NULL,
    object BLOB NOT NULL,
    alone BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    joined BLOB,
    since BIGINT NOT NULL,
    PRIMARY KEY (district, visit, organ, object)
);
CREATE INDEX visit_part_by_object ON visit_part (district, object, day);
CREATE INDEX visit_part_by_day ON visit_part (district, day, visit);

-- Which change moved a record from one stage to another, and when that happened as far as it can be known.
CREATE TABLE stage_move (
    district BIGINT NOT NULL,
    record BLOB NOT NULL,
    commit_seq BIGINT NOT NULL,
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    from_stage TEXT NOT NULL,
    to_stage TEXT NOT NULL,
    earliest_ms BIGINT NOT NULL,
    latest_ms BIGINT NOT NULL,
    shown_ms BIGINT NOT NULL,
    PRIMARY KEY (district, record, commit_seq)
);

-- One run of matching plans: what it went by, what it found, and what came of it. `body` never changes.
CREATE TABLE matching (
    district BIGINT NOT NULL,
    id BLOB NOT NULL,
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    law_rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX matching_in_order ON matching (district, made_ms, id);
-- A proposed visit of a run, with its matched set; the outcome is an organ's or the guidance office's word on it.
CREATE TABLE proposal (
    district BIGINT NOT NULL,
    matching BLOB NOT NULL,
    number BIGINT NOT NULL,
    object BLOB NOT NULL,
    day TEXT,
    squad TEXT,
    lead TEXT NOT NULL,
    organs TEXT NOT NULL,
    body TEXT NOT NULL,
    outcome TEXT NOT NULL,
    decisions TEXT NOT NULL,
    visit BLOB,
    PRIMARY KEY (district, matching, number)
);
CREATE INDEX proposal_by_day ON proposal (district, matching, day, number);
CREATE INDEX proposal_by_object ON proposal (district, object);
CREATE TRIGGER matching_no_update BEFORE UPDATE ON matching BEGIN SELECT RAISE(ABORT, 'matching_append_only'); END;
CREATE TRIGGER matching_no_delete BEFORE DELETE ON matching BEGIN SELECT RAISE(ABORT, 'matching_append_only'); END;
CREATE TRIGGER proposal_no_delete BEFORE DELETE ON proposal BEGIN SELECT RAISE(ABORT, 'proposal_append_only'); END;
-- Decisions are added behind those that there are; a visit is made once.
CREATE TRIGGER proposal_body BEFORE UPDATE ON proposal
WHEN NEW.body <> OLD.body OR substr(NEW.decisions, 1, length(OLD.decisions) - 1) <> substr(OLD.decisions, 1, length(OLD.decisions) - 1)
    OR (OLD.visit IS NOT NULL AND NEW.visit IS NOT OLD.visit)
BEGIN SELECT RAISE(ABORT, 'proposal_append_only'); END;

-- Random draws: the list and the commitment are published before the seed is used. `seed` is sealed with the server's key
-- until then; the transcript reveals it. `basis`: rule, people and names behind the list's keys, not published. `redraws`: the
-- draw of which this one replaces an inspector.
CREATE TABLE draw (
    district BIGINT NOT NULL,
    id BLOB NOT NULL,
    title TEXT NOT NULL,
    basis TEXT NOT NULL,
    redraws BLOB,
    list TEXT NOT NULL,
    commitment BLOB NOT NULL,
    seed BLOB NOT NULL,
    committed_ms BIGINT NOT NULL,
    committed_by TEXT NOT NULL,
    transcript TEXT,
    drawn_ms BIGINT,
    drawn_by TEXT,
    PRIMARY KEY (district, id)
);
CREATE INDEX draw_in_order ON draw (district, committed_ms, id);
CREATE INDEX draw_by_redraws ON draw (district, redraws) WHERE redraws IS NOT NULL;
CREATE TRIGGER draw_no_delete BEFORE DELETE ON draw BEGIN SELECT RAISE(ABORT, 'draw_append_only'); END;
CREATE TRIGGER draw_once BEFORE UPDATE ON draw
WHEN OLD.transcript IS NOT NULL OR NEW.title <> OLD.title OR NEW.basis <> OLD.basis OR NEW.redraws IS NOT OLD.redraws OR NEW.list <> OLD.list
    OR NEW.commitment <> OLD.commitment OR NEW.seed <> OLD.seed OR NEW.committed_ms <> OLD.committed_ms OR NEW.committed_by <> OLD.committed_by
BEGIN SELECT RAISE(ABORT, 'draw_append_only'); END;

-- Running numbers: blocks leased to handhelds (`device` is the office's own chain for those used here), and what became of
-- every number that was reported unused. Which are used is read from the records (`number_use`).
CREATE TABLE number_block (
    district BIGINT NOT NULL,
    series TEXT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    organ TEXT NOT NULL,
    device BIGINT NOT NULL,
    leased_ms BIGINT NOT NULL,
    closed_ms BIGINT,
    closed_why TEXT,
    PRIMARY KEY (district, series, first)
);
CREATE INDEX number_block_by_device ON number_block (district, device, closed_ms);
CREATE TABLE number_use (
    district BIGINT NOT NULL,
    series TEXT NOT NULL,
    seq BIGINT NOT NULL,
    record BLOB NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (district, series, seq, record)
);
CREATE INDEX number_use_by_record ON number_use (district, record);
CREATE TABLE number_void (
    district BIGINT NOT NULL,
    series TEXT NOT NULL,
    seq BIGINT NOT NULL,
    reason TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (district, series, seq)
);
