-- Lists and figures at any size: a page is read from one end of one range of an index, in its order, whichever page it is.

-- By the order of the newest change, of all and by stage; by the record's own day; by the day by which something is due; of one object; of
-- one number; what is flagged. The record stands last, so that lines of one instant have an order too.
DROP INDEX listing_in_order;
DROP INDEX listing_by_stage;
DROP INDEX listing_by_object;
DROP INDEX listing_by_code;
CREATE INDEX listing_in_order ON listing (district, kind, changed, record);
CREATE INDEX listing_by_stage ON listing (district, kind, stage, changed, record);
CREATE INDEX listing_by_day ON listing (district, kind, day, record);
CREATE INDEX listing_by_kind_due ON listing (district, kind, due, record) WHERE due IS NOT NULL;
CREATE INDEX listing_by_object ON listing (district, object, kind, changed, record) WHERE object IS NOT NULL;
CREATE INDEX listing_by_code ON listing (district, code, kind, changed, record) WHERE code IS NOT NULL;
CREATE INDEX listing_flagged ON listing (district, kind, changed, record) WHERE flags > 0;

-- The board: what is open in the order of its last day, rights apart, of which most are past and nobody looks at; and everything by its
-- last day, for what is done and for figures of a period.
DROP INDEX deadline_by_due;
CREATE INDEX deadline_open ON deadline (district, lapses, due, record, code, about) WHERE done IS NULL;
CREATE INDEX deadline_of_unit ON deadline (district, unit, lapses, due, record, code, about) WHERE done IS NULL;
CREATE INDEX deadline_by_day ON deadline (district, due, record, code, about, lapses, done, unit);

-- Everything that figures of a period read of its facts, so that they read nothing else.
DROP INDEX fact_by_day;
CREATE INDEX fact_by_day ON fact (district, day, what, record, object, about, amount, pair, organ, unit, area, matter);

-- Decisions of a span of days, for the share of fast handling.
CREATE INDEX stage_move_decided ON stage_move (district, shown_ms, record, from_stage) WHERE to_stage = 'DECIDED';

-- Who bears a number: found by the number alone. Without the record in it, SQLite prefers the primary key, and reads every alias.
DROP INDEX object_alias_by_value;
CREATE INDEX object_alias_by_value ON object_alias (district, value, kind, record);
