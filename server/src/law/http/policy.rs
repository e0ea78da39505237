//! `GET /api/v1/policies`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::Date;
use sync_core::dated::{Book, Kind};
use sync_core::law::policy::{self, Known, POLICIES, Policy};

use super::{answer, day_or_today, newest};
use crate::access::{Access, AnyUser};
use crate::base::problem::Problem;

/// Which day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsOf {
    as_of: Option<Date>,
}

fn shown(book: &Book, known: &Known, day: Date) -> Json {
    let row = book.at(Kind::Policy, known.key, day);
    let body = row.and_then(|row| row.typed::<Policy>());
    // A row that cannot be used is told, not covered by the default.
    let (answer, flaw) = match policy::policy(book, known.key, day) {
        Ok(answer) => (Some(answer), None),
        Err(why) => (None, Some(why.to_string())),
    };
    let prefix = format!("{}@", known.key);
    let scoped: Vec<Json> =
        book.in_force(Kind::Policy, day).filter(|row| row.key.starts_with(&prefix)).map(|row| json!({ "key": row.key, "valid": row.valid, "body": row.body.to_json() })).collect();
    json!({
        "key": known.key,
        "zh": known.zh,
        "en": known.en,
        "type": known.ty,
        "basis": known.basis,
        "mark": known.mark,
        "default": known.default(),
        "value": answer.as_ref().map(|a| &a.value),
        "source": answer.as_ref().map(|a| &a.source),
        "doubtful": answer.as_ref().is_none_or(|a| a.doubtful),
        "owner": body.as_ref().map(|b| &b.owner),
        "note": body.as_ref().map(|b| &b.note),
        "flaw": flaw,
        "scoped": scoped,
    })
}

/// Every policy that the program knows with what holds on a day, where that comes from, and whether it is in doubt.
pub async fn list(access: Access<AnyUser>, query: web::Query<AsOf>) -> Result<HttpResponse, Problem> {
    let (edition, day) = (newest(&access.app).await?, day_or_today(&access.app, query.as_of));
    let all: Vec<Json> = POLICIES.iter().copied().flatten().map(|known| shown(&edition.book, known, day)).collect();
    Ok(answer(edition.rev, &json!({ "as_of": day, "policies": all })))
}
