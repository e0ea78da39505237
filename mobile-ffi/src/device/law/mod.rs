//! The law in the officer's hand: fetched after a session as pages of a signed pack, kept in the store, and looked up offline.
//!
//! A pack takes the place of the one before in one transaction, once its rows are counted and summed as the server signed it;
//! until then, and if they are not, the one before stays. Looking up obeys the offline lease and the office's lock as reading
//! records does.
//!
//! Deliberately absent: "today" in anything that the law decides. Every answer says the day that it is of.

mod fetch;
mod memory;
mod query;
mod search;

pub(super) use fetch::Fetch;
pub(super) use memory::{Law, Memory};
pub use query::{AuthorityInput, ChoiceInput, DeadlineInput, GetInput};
pub use search::SearchInput;
