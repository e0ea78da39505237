//! The lines of courses and co-handlings in the index: what they are, and how they are written and compared.

use diesel::prelude::*;
use sync_core::base::RecordId;
use sync_core::record::Record;
use sync_core::training::{CohandlingEntry, CourseEntry, cohandling, cohandling_entry, course, course_entry};

use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{attendance, cohandling as cohandlings, course as courses, course_part};
use crate::sync::store::StoreError;

/// Departments that were asked to teach.
pub const INVITED: &str = "invited";
/// Those who teach.
pub const TEACHER: &str = "teacher";

/// What a record contributes to the lines of training.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A course.
    Course(CourseEntry),
    /// A co-handling.
    Cohandling(CohandlingEntry),
}

/// What a record contributes, if it is of one of these kinds.
pub fn entry(record: &Record) -> Option<Entry> {
    match &*record.kind {
        course::NAME => Some(Entry::Course(course_entry(record))),
        cohandling::NAME => Some(Entry::Cohandling(cohandling_entry(record))),
        _ => None,
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable, Queryable, Selectable)]
#[diesel(table_name = courses, treat_none_as_default_value = false)]
struct CourseLine {
    district: i64,
    record: Vec<u8>,
    kind: String,
    level: String,
    domain: String,
    unit: String,
    stage: String,
    day: Option<String>,
    hours: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable, Queryable, Selectable)]
#[diesel(table_name = course_part, treat_none_as_default_value = false)]
struct PartLine {
    district: i64,
    record: Vec<u8>,
    role: String,
    entry: String,
    organ: String,
    domain: String,
    name: String,
    asked_day: Option<String>,
    accepted: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable, Queryable, Selectable)]
#[diesel(table_name = attendance, treat_none_as_default_value = false)]
struct AttendanceLine {
    district: i64,
    record: Vec<u8>,
    officer: String,
    day: Option<String>,
    signed_ms: Option<i64>,
    word: Option<String>,
    right_answers: Option<i64>,
    questions: Option<i64>,
    hours: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable, Queryable, Selectable)]
#[diesel(table_name = cohandlings, treat_none_as_default_value = false)]
struct CohandlingLine {
    district: i64,
    record: Vec<u8>,
    case_record: Vec<u8>,
    unit: String,
    matter: String,
    domain: String,
    former: String,
    stage: String,
    lessons: i64,
}

/// All lines of some records, each table in the order of its key.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lines {
    courses: Vec<CourseLine>,
    parts: Vec<PartLine>,
    attendance: Vec<AttendanceLine>,
    cohandlings: Vec<CohandlingLine>,
}

impl Lines {
    fn add(&mut self, district: i64, record: RecordId, stage: &str, entry: &Entry) {
        let record = record.to_bytes().to_vec();
        match entry {
            Entry::Course(course) => self.add_course(district, &record, stage, course),
            Entry::Cohandling(one) => self.cohandlings.push(CohandlingLine {
                district,
                record,
                case_record: one.case.map(|case| case.to_bytes().to_vec()).unwrap_or_default(),
                unit: one.unit.clone(),
                matter: one.matter.clone(),
                domain: one.domain.clone(),
                former: one.former.clone(),
                stage: stage.to_owned(),
                lessons: one.lessons,
            }),
        }
    }

    fn add_course(&mut self, district: i64, record: &[u8], stage: &str, course: &CourseEntry) {
        let day = course.day.map(|day| day.to_string());
        self.courses.push(CourseLine {
            district,
            record: record.to_vec(),
            kind: course.kind.clone(),
            level: course.level.clone(),
            domain: course.domain.clone(),
            unit: course.unit.clone(),
            stage: stage.to_owned(),
            day: day.clone(),
            hours: course.hours,
        });
        let part = |role: &str, entry: &str, organ: &str| PartLine {
            district,
            record: record.to_vec(),
            role: role.to_owned(),
            entry: entry.to_owned(),
            organ: organ.to_owned(),
            domain: String::new(),
            name: String::new(),
            asked_day: None,
            accepted: None,
        };
        self.parts.extend(course.invited.iter().map(|one| PartLine {
            domain: one.domain.clone(),
            asked_day: one.asked.map(|day| day.to_string()),
            accepted: one.accepted,
            ..part(INVITED, &one.organ, &one.organ)
        }));
        self.parts.extend(course.teachers.iter().map(|one| PartLine { name: one.name.clone(), domain: course.domain.clone(), ..part(TEACHER, &one.entry, &one.department) }));
        self.attendance.extend(course.attendance.iter().map(|one| AttendanceLine {
            district,
            record: record.to_vec(),
            officer: one.officer.clone(),
            day: day.clone(),
            signed_ms: one.signed_ms,
            word: one.word.clone(),
            right_answers: one.right,
            questions: one.total,
            hours: one.hours,
        }));
    }

    fn sort(&mut self) {
        self.courses.sort();
        self.parts.sort();
        self.attendance.sort();
        self.cohandlings.sort();
    }
}

/// Writes the lines of records that changed, in place of those that they had.
pub fn write<'e>(tx: &mut Tx<'_>, district: i64, changed: impl Iterator<Item = (RecordId, &'e str, &'e Entry)>) -> Result<(), StoreError> {
    let (mut lines, mut keys) = (Lines::default(), Vec::new());
    for (record, stage, entry) in changed {
        lines.add(district, record, stage, entry);
        keys.push(record.to_bytes().to_vec());
    }
    for part in keys.chunks(ROWS) {
        on!(tx, |c| diesel::delete(courses::table.filter(courses::district.eq(district)).filter(courses::record.eq_any(part))).execute(c))?;
        on!(tx, |c| diesel::delete(course_part::table.filter(course_part::district.eq(district)).filter(course_part::record.eq_any(part))).execute(c))?;
        on!(tx, |c| diesel::delete(attendance::table.filter(attendance::district.eq(district)).filter(attendance::record.eq_any(part))).execute(c))?;
        on!(tx, |c| diesel::delete(cohandlings::table.filter(cohandlings::district.eq(district)).filter(cohandlings::record.eq_any(part))).execute(c))?;
    }
    for part in lines.courses.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(courses::table).values(part).execute(c))?;
    }
    for part in lines.parts.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(course_part::table).values(part).execute(c))?;
    }
    for part in lines.attendance.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(attendance::table).values(part).execute(c))?;
    }
    for part in lines.cohandlings.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(cohandlings::table).values(part).execute(c))?;
    }
    Ok(())
}

/// Empties all of these lines.
pub fn clear(tx: &mut Tx<'_>, district: i64) -> Result<(), StoreError> {
    on!(tx, |c| diesel::delete(courses::table.filter(courses::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(course_part::table.filter(course_part::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(attendance::table.filter(attendance::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(cohandlings::table.filter(cohandlings::district.eq(district))).execute(c))?;
    Ok(())
}

/// Whether the stored lines of a record are those that it contributes.
pub fn agrees(tx: &mut Tx<'_>, district: i64, record: RecordId, stage: &str, entry: &Entry) -> Result<bool, diesel::result::Error> {
    let key = record.to_bytes().to_vec();
    let mut due = Lines::default();
    due.add(district, record, stage, entry);
    let mut stored = Lines {
        courses: on!(tx, |c| courses::table.filter(courses::district.eq(district)).filter(courses::record.eq(&key)).select(CourseLine::as_select()).load(c))?,
        parts: on!(tx, |c| course_part::table.filter(course_part::district.eq(district)).filter(course_part::record.eq(&key)).select(PartLine::as_select()).load(c))?,
        attendance: on!(tx, |c| attendance::table.filter(attendance::district.eq(district)).filter(attendance::record.eq(&key)).select(AttendanceLine::as_select()).load(c))?,
        cohandlings: on!(tx, |c| cohandlings::table.filter(cohandlings::district.eq(district)).filter(cohandlings::record.eq(&key)).select(CohandlingLine::as_select()).load(c))?,
    };
    due.sort();
    stored.sort();
    Ok(due == stored)
}
