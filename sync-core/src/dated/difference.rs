//! What would become of one row, shown before it takes effect. [`super::Edit`] works it out.

use serde::Serialize;

use super::Row;
use crate::base::Date;

/// What would become of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Difference {
    /// It is new.
    Added {
        /// The row.
        row: Row,
    },
    /// The thing has a row from this day that says something else.
    Changed {
        /// As it stands.
        before: Row,
        /// As it would stand.
        after: Row,
    },
    /// The row in force before it ends on the new row's first day.
    Succeeded {
        /// As it stands, open or longer.
        before: Row,
        /// Its new end.
        until: Date,
    },
    /// The row is taken out before its first day.
    Withdrawn {
        /// The row.
        row: Row,
    },
}
