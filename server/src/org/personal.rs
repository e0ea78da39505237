//! Personal data of officers: sealed in the database, masked unless the reader's role says otherwise.
//!
//! Everybody in the district may know an officer's name and certificate number: they stand on every document that he
//! serves. His phone and citizen id are shown to those who need them (个人信息保护法 arts 6, 28), and each such reading
//! is audited.

use serde::{Deserialize, Serialize};
use sync_core::base::OfficerId;

use crate::base::problem::Problem;
use crate::base::seal::{SealError, Sealer};

/// What is personal of an officer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personal {
    /// Phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Citizen id (GB 11643).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizen_id: Option<String>,
}

fn row(officer: &OfficerId) -> String {
    format!("officer:{officer}:personal")
}

/// The first and last characters of a text, the rest as stars.
pub fn mask(text: &str, first: usize, last: usize) -> String {
    let n = text.chars().count();
    if n <= first + last {
        return "*".repeat(n);
    }
    text.chars().enumerate().map(|(i, c)| if i < first || i >= n - last { c } else { '*' }).collect()
}

impl Personal {
    /// Checks both.
    pub fn check(&self) -> Result<(), Problem> {
        if let Some(phone) = &self.phone {
            let digits = phone.strip_prefix('+').unwrap_or(phone);
            if !(5..=20).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
                return Err(Problem::field("phone", "give 5 to 20 digits, with + and - if need be"));
            }
        }
        if let Some(id) = &self.citizen_id {
            id.parse::<sync_core::identity::CitizenId>().map_err(|e| Problem::field("citizen_id", e.to_string()))?;
        }
        Ok(())
    }

    /// As everybody else sees it.
    pub fn masked(&self) -> Personal {
        Personal { phone: self.phone.as_deref().map(|p| mask(p, 3, 4)), citizen_id: self.citizen_id.as_deref().map(|c| mask(c, 3, 2)) }
    }

    /// Seals it for the officer's row.
    pub fn seal(&self, sealer: &Sealer, officer: &OfficerId) -> Result<Vec<u8>, SealError> {
        sealer.seal(&row(officer), &serde_json::to_vec(self).unwrap_or_default())
    }

    /// Opens what was sealed for the officer's row.
    pub fn open(sealer: &Sealer, officer: &OfficerId, sealed: &[u8]) -> Result<Personal, SealError> {
        let plain = sealer.open(&row(officer), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| SealError::Broken(row(officer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_masked_cannot_be_told() {
        let personal = Personal { phone: Some("13812345678".into()), citizen_id: Some("11010519491231002X".into()) };
        let masked = personal.masked();
        assert_eq!(masked.phone.as_deref(), Some("138****5678"));
        assert_eq!(masked.citizen_id.as_deref(), Some("110*************2X"));
        assert_eq!(super::mask("12345", 3, 4), "*****", "too short to show any of it");
        assert!(personal.check().is_ok());
        assert!(Personal { phone: Some("call me".into()), ..personal.clone() }.check().is_err());
        assert!(Personal { citizen_id: Some("110105194912310021".into()), ..personal }.check().is_err(), "the check digit is X");
    }
}
