//! A row of any kind out of JSON, checked as its kind asks: the one door for what comes from outside.

use serde::de::DeserializeOwned;

use super::{Guidance, Matter, Power, Transfer};
use crate::base::Validity;
use crate::dated::{Body, Flaw, Kind, Row};
use crate::law::Year;
use crate::law::policy::Policy;
use crate::org::{Area, Certificate, Organ, Post, Unit};

/// The row that says `body` of `key` on these days; its text is canonical. The flaw names the field of the body.
pub fn row(kind: Kind, key: &str, valid: Validity, body: &serde_json::Value) -> Result<Row, Flaw> {
    match kind {
        Kind::Area => of::<Area>(key, valid, body),
        Kind::Organ => of::<Organ>(key, valid, body),
        Kind::Unit => of::<Unit>(key, valid, body),
        Kind::Post => of::<Post>(key, valid, body),
        Kind::Certificate => of::<Certificate>(key, valid, body),
        Kind::Matter => of::<Matter>(key, valid, body),
        Kind::Power => of::<Power>(key, valid, body),
        Kind::Transfer => of::<Transfer>(key, valid, body),
        Kind::Year => of::<Year>(key, valid, body),
        Kind::Policy => of::<Policy>(key, valid, body),
        Kind::Guidance => of::<Guidance>(key, valid, body),
    }
}

fn of<B: Body + DeserializeOwned>(key: &str, valid: Validity, body: &serde_json::Value) -> Result<Row, Flaw> {
    let body = B::deserialize(body).map_err(|e| flaw(&e.to_string()))?;
    Row::new(key, valid, &body)
}

/// What the reader of JSON says, as a flaw. It names a field only where the field is missing or unknown.
fn flaw(said: &str) -> Flaw {
    let named = ["missing field `", "unknown field `"].iter().find_map(|what| said.split_once(what)?.1.split_once('`'));
    Flaw::new(named.map_or("", |(field, _)| field), said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use serde_json::json;

    #[test]
    fn every_kind_has_its_door_and_its_flaws_name_the_field() {
        let valid = Validity::from(date(2024, 1, 1));
        for kind in Kind::ALL {
            assert!(row(*kind, "x", valid, &json!({})).is_err(), "{kind:?} is nothing without its fields");
        }
        let organ = json!({ "kind": "department", "name": "水利局" });
        assert_eq!(row(Kind::Organ, "water", valid, &organ).unwrap().key, "water".into());
        assert_eq!(row(Kind::Organ, "water", valid, &json!({ "kind": "department" })).unwrap_err().field, "name");
        assert_eq!(row(Kind::Organ, "water", valid, &json!({ "kind": "department", "name": "水利局", "nmae": 1 })).unwrap_err().field, "nmae");
        assert_eq!(row(Kind::Organ, "not a code", valid, &organ).unwrap_err().field, "key");
        let flaw =
            row(Kind::Power, "m/a/penalty", valid, &json!({ "organ": "water", "power": "penalty", "scope": { "part": { "boundary": "" } }, "legal_doc": "通知" })).unwrap_err();
        assert_eq!(flaw.field, "scope.part.boundary");
    }
}
