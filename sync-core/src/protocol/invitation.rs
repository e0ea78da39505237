//! An invitation to become a device, as a text that fits in a QR code: `zhifa-enrol:` and base64url (RFC 4648 §5,
//! without padding) of JSON `{"server","officer","code"}`.
//!
//! It holds the one-time code and is as secret as that. The password is deliberately absent: who finds the sheet of
//! paper has half of what he needs.

use serde::{Deserialize, Serialize};

use crate::base::{OfficerId, b64};

/// What a text begins with that is an invitation.
pub const INVITATION_PREFIX: &str = "zhifa-enrol:";

/// Longest text that is read, in bytes.
const MAX_TEXT: usize = 2_048;

/// Where to enrol, as whom, and with which one-time code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Public address of the server, such as `https://zhifa.example`, without a slash at its end.
    pub server: String,
    /// Whose handheld it will be.
    pub officer: OfficerId,
    /// The one-time code.
    pub code: String,
}

/// Why a text is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadInvitation {
    /// It begins otherwise, or is longer than any invitation.
    #[error("not an invitation: it begins with zhifa-enrol: and has at most 2,048 bytes; scan the administrator's code")]
    Prefix,
    /// What follows is not base64url of the JSON.
    #[error("the invitation is damaged after zhifa-enrol:; scan it again or ask for a new one")]
    Body,
}

impl Invitation {
    /// As text.
    pub fn to_text(&self) -> String {
        // Three strings: serialising them cannot fail.
        format!("{INVITATION_PREFIX}{}", b64::encode(&serde_json::to_vec(self).unwrap_or_default()))
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Result<Invitation, BadInvitation> {
        let body = text.trim().strip_prefix(INVITATION_PREFIX).filter(|b| b.len() <= MAX_TEXT).ok_or(BadInvitation::Prefix)?;
        let json = b64::decode(body).ok_or(BadInvitation::Body)?;
        serde_json::from_slice(&json).map_err(|_| BadInvitation::Body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_read_as_it_was_written() {
        let invitation = Invitation { server: "https://zhifa.example".into(), officer: "chen-yifan".parse().unwrap(), code: "x-Y_9".into() };
        let text = invitation.to_text();
        assert_eq!(text, "zhifa-enrol:eyJzZXJ2ZXIiOiJodHRwczovL3poaWZhLmV4YW1wbGUiLCJvZmZpY2VyIjoiY2hlbi15aWZhbiIsImNvZGUiOiJ4LVlfOSJ9");
        assert_eq!(Invitation::parse(&text), Ok(invitation.clone()));
        assert_eq!(Invitation::parse(&format!("  {text}\n")), Ok(invitation));
    }

    #[test]
    fn what_is_no_invitation_is_told_apart_from_a_damaged_one() {
        assert_eq!(Invitation::parse("otpauth://totp/x"), Err(BadInvitation::Prefix));
        assert_eq!(Invitation::parse(&format!("zhifa-enrol:{}", "A".repeat(3_000))), Err(BadInvitation::Prefix));
        for body in ["", "e30", "eyJzZXJ2ZXIiOiJodHRwczovL3poaWZhLmV4YW1wbGUi", "!!"] {
            assert_eq!(Invitation::parse(&format!("zhifa-enrol:{body}")), Err(BadInvitation::Body), "{body}");
        }
    }
}
