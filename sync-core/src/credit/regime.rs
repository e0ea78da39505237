//! Which rules a record of dishonesty stands under: NDRC Order 58 (2023-05-01 to 2026-03-31), Order 36 (from 2026-04-01).
//!
//! A decision stands under the rules of its own day. Whether newer ones apply to records from before is the policy
//! `credit.transition`, which `domain.md` §14 item 4 doubts.

use serde::Serialize;

use crate::base::Date;
use crate::dated::{Book, Kind};
use crate::law::policy::{self, PolicyError};

/// The policy whose rows say which rules are in force.
const REGIME: &str = "credit.regime";

/// The rules that a record stands under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Regime {
    /// Those of the day of the decision, a choice of `credit.regime`.
    pub own: String,
    /// Those that apply, by `credit.transition`.
    pub applies: String,
    /// The day whose rows apply.
    pub day: Date,
    /// Which rules apply is in doubt.
    pub doubtful: bool,
}

/// The rules for a decision of a day, asked for on another. A decision from before all of them stands under the first.
pub fn regime(book: &Book, decided: Date, today: Date) -> Result<Regime, PolicyError> {
    let first = book.history(Kind::Policy, REGIME).next().map(|row| row.valid.from);
    let own_day = first.map_or(decided, |first| decided.max(first));
    let of = |day: Date| policy::get::<String>(book, REGIME, day);
    let (own, now) = (of(own_day)?, of(today.max(own_day))?);
    if own.value == now.value {
        return Ok(Regime { doubtful: own.doubtful, applies: own.value.clone(), own: own.value, day: own_day });
    }
    let transition = policy::get::<String>(book, "credit.transition", today.max(own_day))?;
    if transition.value == "newer" {
        return Ok(Regime { own: own.value, applies: now.value, day: today.max(own_day), doubtful: now.doubtful || transition.doubtful });
    }
    Ok(Regime { applies: own.value.clone(), own: own.value, day: own_day, doubtful: own.doubtful || transition.doubtful })
}
