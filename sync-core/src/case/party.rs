//! Who the party of a case is: the keys under which all cases of one party are found, whoever has them (行政处罚法 29).
//!
//! A key names the party by what identifies it and never in clear: an identity number goes in as its digest. A name is no key:
//! names are not unique, and firms are renamed. That a firm stands in two records is known to `object`, whose families the caller adds.

use std::collections::BTreeSet;

use crate::base::{Date, Digest, RecordId};
use crate::identity::CitizenId;
use crate::object::{Alias, AliasKind};
use crate::record::Record;

use super::read::View;

/// The key of a unified social credit code, however it is written; `None` if nothing is left of it.
pub fn of_uscc(written: &str) -> Option<String> {
    Alias::new(AliasKind::Uscc, written).map(|alias| format!("uscc:{}", alias.value))
}

/// The key of an identity number, which cannot be read back from it; `None` if nothing is left of it.
pub fn of_id_no(written: &str) -> Option<String> {
    let plain: String = written.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    (!plain.is_empty()).then(|| format!("id:{}", Digest::tagged("zhifa.party.id.v1", &[plain.as_bytes()])))
}

/// The key of a subject's record.
pub fn of_subject(subject: RecordId) -> String {
    format!("subject:{subject}")
}

/// The subjects that a case names as its party: every candidate that stands.
pub fn subjects(record: &Record) -> BTreeSet<RecordId> {
    texts(record, "party.subject").filter_map(|text| text.parse().ok()).collect()
}

fn texts<'a>(record: &'a Record, key: &str) -> impl Iterator<Item = String> + 'a {
    record.register(key).into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text().map(|t| t.to_string()))
}

/// The keys of a case's own party: every candidate that stands, so that a contested number is found under both.
pub fn keys(record: &Record) -> BTreeSet<String> {
    let uscc = texts(record, "party.uscc").filter_map(|text| of_uscc(&text));
    let id = texts(record, "party.id_no").filter_map(|text| of_id_no(&text));
    uscc.chain(id).chain(subjects(record).into_iter().map(of_subject)).collect()
}

/// The day on which the party was born: as entered, else as the identity number says.
pub fn birth(view: &View<'_>) -> Option<Date> {
    view.day("party.birth").or_else(|| Some(view.text("party.id_no")?.parse::<CitizenId>().ok()?.birth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_one_key_and_an_identity_number_is_not_in_it() {
        assert_eq!(of_uscc("9133 0201 MA2G T000 6Q"), of_uscc("91330201ma2gt0006q"));
        assert_eq!(of_uscc(" - "), None);
        let id = of_id_no("11010519491231002x").unwrap();
        assert_eq!(Some(&id), of_id_no("110105 19491231 002X").as_ref());
        assert!(!id.contains("1949"), "{id}");
        assert_ne!(of_id_no("110105194912310021"), Some(id));
        assert_eq!(of_id_no(""), None);
    }
}
