//! Checks that the bodies share. Each says the field, the reason and the remedy.

use crate::base::ids::is_token;
use crate::dated::Flaw;

/// A code: 1 to 64 ASCII letters, digits, `.`, `_`, `-`.
pub(super) fn token(field: &str, code: &str) -> Result<(), Flaw> {
    if is_token(code) { Ok(()) } else { Err(Flaw::new(field, "give a code of 1 to 64 letters, digits, '.', '_' or '-'")) }
}

/// The same, where there is one.
pub(super) fn token_if(field: &str, code: Option<&str>) -> Result<(), Flaw> {
    code.map_or(Ok(()), |code| token(field, code))
}

/// Words that people read: something, at most `max` characters, no white space around it, no control characters.
pub(super) fn words(field: &str, text: &str, max: usize) -> Result<(), Flaw> {
    if text.is_empty() {
        return Err(Flaw::new(field, "is empty; give it as the official text has it"));
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err(Flaw::new(field, "take out white space at its ends and control characters"));
    }
    if text.chars().count() > max {
        return Err(Flaw::new(field, format!("give at most {max} characters")));
    }
    Ok(())
}

/// The same, where there are some.
pub(super) fn words_if(field: &str, text: Option<&str>, max: usize) -> Result<(), Flaw> {
    text.map_or(Ok(()), |text| words(field, text, max))
}

/// Codes, each once, at most `max`.
pub(super) fn tokens(field: &str, codes: &[Box<str>], max: usize) -> Result<(), Flaw> {
    if codes.len() > max {
        return Err(Flaw::new(field, format!("give at most {max}")));
    }
    for (n, code) in codes.iter().enumerate() {
        token(&format!("{field}.{n}"), code)?;
        if codes.iter().take(n).any(|earlier| earlier == code) {
            return Err(Flaw::new(format!("{field}.{n}"), "stands twice; leave it out"));
        }
    }
    Ok(())
}

/// A thing is not above itself. Longer circles cannot be seen in one row; questions that climb stop where they were before.
pub(super) fn not_itself(field: &str, key: &str, code: &str) -> Result<(), Flaw> {
    if key == code { Err(Flaw::new(field, "names the thing itself; name what is above it, or leave it out")) } else { Ok(()) }
}
