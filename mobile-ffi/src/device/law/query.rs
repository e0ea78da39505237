//! What the law says: one row with its history, who holds a power, which law applies, when a period ends.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::Date;
use sync_core::catalogue::choice::{Act, choose};
use sync_core::catalogue::{PowerType, authority};
use sync_core::dated::{Kind, Row};
use sync_core::law::period::{Period, Rule, Side, Suspension, deadline};
use sync_core::org::Organ;
use sync_core::protocol::LawManifest;

use super::fetch::REFUSED;
use crate::device::error::{Code, DeviceError, Result};
use crate::device::runtime::Device;

/// Most suspensions of one period.
const MAX_SUSPENSIONS: usize = 100;

/// One thing of the book.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// What it is.
    pub kind: Kind,
    /// Its key.
    pub key: String,
    /// The day; today if left out.
    #[serde(default)]
    pub day: Option<Date>,
}

/// A power in a matter and an area.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The matter's code.
    pub matter: String,
    /// The area's code.
    pub area: String,
    /// Which power.
    pub power: PowerType,
    /// The day; today if left out.
    #[serde(default)]
    pub day: Option<Date>,
}

/// An act and the day on which it is decided.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The matter's code.
    pub matter: String,
    /// First day of the act.
    pub act_start: Date,
    /// Last day of the act; the first if left out.
    #[serde(default)]
    pub act_end: Option<Date>,
    /// Whether an order to correct has run out or was refused, if that is known.
    #[serde(default)]
    pub refused: Option<bool>,
    /// The day of decision.
    pub decision: Date,
}

/// A length of time: as it is, or as a law states it in 日.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Length {
    /// So many days, months or years.
    Plain(Period),
    /// So many 日 under a law.
    Stated {
        /// Which law says what its days are.
        rule: Rule,
        /// How many.
        days: u16,
    },
}

/// A period and the day of the event that it runs from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlineInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The day of the event, which is not counted.
    pub start: Date,
    /// How long.
    pub period: Length,
    /// Whose time is running out.
    pub side: Side,
    /// Days on which it stands still.
    #[serde(default)]
    pub suspensions: Vec<Suspension>,
}

fn row_json(row: &Row) -> Json {
    json!({ "from": row.valid.from, "until": row.valid.until, "body": row.body })
}

impl Device {
    /// `{kind, key, day, row, history}`: the row in force on the day, null if there is none, and all rows, oldest first.
    pub fn law_get(&self, input: &GetInput) -> Result<Json> {
        self.may_read()?;
        let law = self.law()?;
        let day = self.day_or_today(input.day, Some(&law));
        let history: Vec<Json> = law.book.history(input.kind, &input.key).map(row_json).collect();
        if history.is_empty() {
            return Err(DeviceError::new(Code::Unknown, "key: not in the law that is held here; search for it, or sync"));
        }
        let row = law.book.at(input.kind, &input.key, day).map(row_json);
        Ok(json!({ "v": 1, "kind": input.kind, "key": input.key, "day": day, "row": row, "history": history }))
    }

    /// `{day, holder, name, none}`: who holds a power and the organ's name of that day, or why nobody does.
    pub fn law_authority(&self, input: &AuthorityInput) -> Result<Json> {
        self.may_read()?;
        let law = self.law()?;
        let day = self.day_or_today(input.day, Some(&law));
        Ok(match authority(&law.book, &input.matter, &input.area, input.power, day) {
            Ok(holder) => {
                let name = law.book.get::<Organ>(&holder.organ, day).map(|organ| organ.name);
                json!({ "v": 1, "day": day, "holder": holder, "name": name, "none": null })
            }
            Err(none) => json!({ "v": 1, "day": day, "holder": null, "name": null, "none": none }),
        })
    }

    /// `{choice, none}`: which version applies with both versions for review, or why no law does.
    pub fn law_choice(&self, input: &ChoiceInput) -> Result<Json> {
        self.may_read()?;
        let law = self.law()?;
        let act = Act { start: input.act_start, end: input.act_end.unwrap_or(input.act_start), refused: input.refused };
        Ok(match choose(&law.book, &input.matter, act, input.decision) {
            Ok(choice) => json!({ "v": 1, "choice": choice, "none": null }),
            Err(none) => json!({ "v": 1, "choice": null, "none": none }),
        })
    }

    /// `{outcome, unknown_year}`: when a period is over, or the year whose holidays would have to be known.
    pub fn law_deadline(&self, input: &DeadlineInput) -> Result<Json> {
        self.may_read()?;
        if input.suspensions.len() > MAX_SUSPENSIONS {
            return Err(DeviceError::argument("suspensions", format_args!("more than {MAX_SUSPENSIONS}; join those that meet")));
        }
        let law = self.law()?;
        let period = match &input.period {
            Length::Plain(period) => *period,
            Length::Stated { rule, days } => rule.days(*days),
        };
        Ok(match deadline(law.calendar(), period, input.start, input.side, &input.suspensions) {
            Ok(outcome) => json!({ "v": 1, "outcome": outcome, "unknown_year": null }),
            Err(unknown) => json!({ "v": 1, "outcome": null, "unknown_year": unknown.year }),
        })
    }

    /// What is held: `{held, epoch, rev, day, age_days, rows, areas, arriving, refused}`. Also where nothing may be read.
    pub fn law_status(&self) -> Result<Json> {
        self.is_there()?;
        let today = self.day_or_today(None, None);
        self.read(|tx| -> Result<Json> {
            let held = tx.law_pack()?.and_then(|(signed, areas)| Some((signed.unchecked::<LawManifest>()?, areas)));
            let arriving = tx.last_law_page()?.and_then(|(page, _)| Some(json!({ "rev": page.manifest.unchecked::<LawManifest>()?.rev, "entries": page.end() })));
            let refused = tx.setting(REFUSED)?.filter(|why| !why.is_empty());
            let Some((manifest, areas)) = held else {
                return Ok(json!({ "v": 1, "held": false, "arriving": arriving, "refused": refused }));
            };
            let age = manifest.day.until(today).map_or(0, |span| span.get_days().max(0));
            Ok(json!({
                "v": 1, "held": true, "epoch": manifest.epoch, "rev": manifest.rev, "day": manifest.day, "age_days": age, "rows": manifest.rows,
                "areas": areas, "arriving": arriving, "refused": refused,
            }))
        })
    }
}
