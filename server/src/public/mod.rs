//! The page behind the code of the act: what whoever is visited may see before, during and after (查前凭码、查中亮码、查后评码).
//!
//! Rendered here, without scripts, cookies and anything from elsewhere; Chinese, or English with `?lang=en`. It shows what the law
//! publishes of an inspection: organs, officers with their certificates, basis, matters, result. It shows nothing personal of the party, no
//! demand and no note in free words other than the conclusion that was delivered. Whoever holds the token sees the page; views are therefore not
//! audited, ratings are. Deliberately absent: a list of codes, and any way from one code to another.

mod http;
mod page;
mod rating;
mod view;
mod words;

pub use http::{page, picture, rate};
pub(crate) use page::{STYLE, answer};
pub(crate) use words::Lang;
