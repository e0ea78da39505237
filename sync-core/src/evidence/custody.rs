//! Chain of custody: what was done with an original, by whom, each event linked to the one before (`domain.md` §11).
//!
//! A chain belongs to a file, by its SHA-256, and not to a record: two cases may rest on one film. So that whoever reads one case can check the
//! whole chain without reading of the other, an event's hash covers a digest of what is told of it; that digest alone may be shown
//! ([`Event::withheld`]). Every event names the algorithm of its hash: a chain may go on under another one. Times are told and not compared:
//! order is the chain's. Deliberately absent: the file, and who may do what.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sm3::{Digest as _, Sm3};

use crate::base::{Digest, RecordId};

/// SHA-256 (FIPS 180-4).
pub const SHA256: &str = "sha256";
/// SM3 (GB/T 32905).
pub const SM3: &str = "sm3";

/// A digest of 32 bytes over a length-prefixed tag and parts.
type Digesting = fn(&str, &[&[u8]]) -> Digest;

/// Every algorithm that hashes of events may have, by its name.
const ALGORITHMS: &[(&str, Digesting)] = &[(SHA256, Digest::tagged), (SM3, sm3_tagged)];

fn sm3_tagged(tag: &str, parts: &[&[u8]]) -> Digest {
    let mut state = Sm3::new();
    state.update([u8::try_from(tag.len()).unwrap_or(u8::MAX)]);
    state.update(tag.as_bytes());
    parts.iter().for_each(|part| state.update(part));
    Digest(state.finalize().into())
}

/// What can be done with an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Taken on site.
    Captured,
    /// Arrived at the office, whole, under its digest.
    Received,
    /// Compared with its digest once more.
    Verified,
    /// Handed out as it is.
    Read,
    /// A copy was made from it: a thumbnail, a watermarked one.
    Derived,
    /// Given into somebody else's keeping.
    Transferred,
    /// Closed: handed out to nobody.
    Sealed,
    /// Open again.
    Opened,
    /// Handed out as part of an evidence package.
    Exported,
    /// Gone, by an approved list of disposal.
    Disposed,
}

impl What {
    /// All of them.
    pub const ALL: [What; 10] =
        [What::Captured, What::Received, What::Verified, What::Read, What::Derived, What::Transferred, What::Sealed, What::Opened, What::Exported, What::Disposed];

    /// Its name, as it is stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            What::Captured => "captured",
            What::Received => "received",
            What::Verified => "verified",
            What::Read => "read",
            What::Derived => "derived",
            What::Transferred => "transferred",
            What::Sealed => "sealed",
            What::Opened => "opened",
            What::Exported => "exported",
            What::Disposed => "disposed",
        }
    }

    /// By its name.
    pub fn parse(name: &str) -> Option<What> {
        What::ALL.into_iter().find(|what| what.name() == name)
    }

    /// Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            What::Captured => ("采集", "captured"),
            What::Received => ("接收", "received"),
            What::Verified => ("校验", "verified"),
            What::Read => ("调取原件", "original handed out"),
            What::Derived => ("制作副本", "copy made"),
            What::Transferred => ("移交", "transferred"),
            What::Sealed => ("封存", "sealed"),
            What::Opened => ("启封", "opened"),
            What::Exported => ("随证据包导出", "exported in a package"),
            What::Disposed => ("依清单处置", "disposed of by list"),
        }
    }

    /// Whether it needs the original itself, and so does not happen while it is sealed.
    pub const fn needs_original(self) -> bool {
        matches!(self, What::Read | What::Derived | What::Transferred | What::Exported | What::Disposed)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is told of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// UTC milliseconds: by the handheld's clock if captured, else by the server's.
    pub at_ms: i64,
    /// The officer, or `system`.
    pub by: String,
    /// The record on whose account it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// More: `reason`, `to`, `second`, digests; without personal data of parties.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, String>,
}

impl Told {
    fn digest(&self, digesting: Digesting) -> Digest {
        let text = serde_json::to_vec(&(self.at_ms, &self.by, &self.record, &self.detail)).unwrap_or_default();
        digesting("zhifa.custody.told.v1", &[&text])
    }
}

/// An event's account, or only its digest, for who does not reach the record it was done for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// What is told.
    Told(Told),
    /// Its digest.
    Withheld(Digest),
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Number in the chain; dense, from 1.
    pub n: u64,
    /// What was done.
    pub what: What,
    /// By whom, when, why.
    pub account: Account,
    /// Algorithm of `hash`, and of the digest that stands for what is withheld.
    pub alg: String,
    /// Hash of the event before; of the first, [`Digest::ZERO`].
    pub prev: Digest,
    /// Hash of this one.
    pub hash: Digest,
}

impl Event {
    /// The event that follows `last` in the chain of a file. `None` if no algorithm has this name.
    pub fn after(file: Digest, last: Option<&Event>, what: What, told: Told, alg: &str) -> Option<Event> {
        let (n, prev) = last.map_or((1, Digest::ZERO), |last| (last.n.saturating_add(1), last.hash));
        let mut event = Event { n, what, account: Account::Told(told), alg: alg.to_owned(), prev, hash: Digest::ZERO };
        event.hash = event.computed(file)?;
        Some(event)
    }

    /// What its hash must be. `None` if its algorithm is unknown.
    pub fn computed(&self, file: Digest) -> Option<Digest> {
        let (_, digesting) = ALGORITHMS.iter().find(|(name, _)| *name == self.alg)?;
        let account = match &self.account {
            Account::Told(told) => told.digest(*digesting),
            Account::Withheld(digest) => *digest,
        };
        // Only the last part has no fixed length.
        Some(digesting("zhifa.custody.v1", &[&file.0, &self.n.to_be_bytes(), &self.prev.0, &account.0, self.what.name().as_bytes()]))
    }

    /// What is told of it, unless it is withheld.
    pub fn told(&self) -> Option<&Told> {
        match &self.account {
            Account::Told(told) => Some(told),
            Account::Withheld(_) => None,
        }
    }

    /// The event without its account; its hash holds all the same.
    pub fn withheld(self) -> Event {
        let digesting = ALGORITHMS.iter().find(|(name, _)| *name == self.alg).map(|(_, digesting)| *digesting);
        match (&self.account, digesting) {
            (Account::Told(told), Some(digesting)) => Event { account: Account::Withheld(told.digest(digesting)), ..self },
            _ => self,
        }
    }
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// There is no event at all.
    Empty,
    /// Events from `from` up to `to` are gone.
    Hole {
        /// The first that is gone.
        from: u64,
        /// The last.
        to: u64,
    },
    /// An event stands where its number does not belong.
    Disorder {
        /// Its number.
        n: u64,
    },
    /// An event is not what was written.
    Altered {
        /// Its number.
        n: u64,
    },
    /// An event does not follow from the one before.
    Unlinked {
        /// Its number.
        n: u64,
    },
    /// Its algorithm is not known to this program.
    UnknownAlgorithm {
        /// Its number.
        n: u64,
    },
    /// The first event is neither capture nor receipt.
    NoOrigin,
    /// Captured after it was there already.
    CapturedLate {
        /// Its number.
        n: u64,
    },
    /// Done with the original while it was sealed.
    WhileSealed {
        /// Its number.
        n: u64,
        /// What was done.
        what: What,
    },
    /// Sealed once more without having been opened.
    SealedTwice {
        /// Its number.
        n: u64,
    },
    /// Opened without having been sealed.
    OpenedUnsealed {
        /// Its number.
        n: u64,
    },
    /// Something was done after the original was disposed of.
    AfterDisposal {
        /// Its number.
        n: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Empty => write!(f, "there is no event"),
            Fault::Hole { from, to } if from == to => write!(f, "event {from} is gone"),
            Fault::Hole { from, to } => write!(f, "events {from} to {to} are gone"),
            Fault::Disorder { n } => write!(f, "event {n} stands where it does not belong"),
            Fault::Altered { n } => write!(f, "event {n} is not what was written"),
            Fault::Unlinked { n } => write!(f, "event {n} does not follow from the one before"),
            Fault::UnknownAlgorithm { n } => write!(f, "event {n} is hashed by an algorithm that is not known here"),
            Fault::NoOrigin => write!(f, "the first event is neither capture nor receipt"),
            Fault::CapturedLate { n } => write!(f, "event {n}: captured after it was there"),
            Fault::WhileSealed { n, what } => write!(f, "event {n}: {what} while sealed"),
            Fault::SealedTwice { n } => write!(f, "event {n}: sealed twice"),
            Fault::OpenedUnsealed { n } => write!(f, "event {n}: opened without having been sealed"),
            Fault::AfterDisposal { n } => write!(f, "event {n}: after the original was disposed of"),
        }
    }
}

/// Checks the chain of a file. That the last events are not gone, a chain cannot say by itself: compare its end with a word from elsewhere.
pub fn check(file: Digest, chain: &[Event]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let Some(first) = chain.first() else { return vec![Fault::Empty] };
    let (mut next, mut before) = (1, Some(Digest::ZERO));
    for event in chain {
        let n = event.n;
        match n.cmp(&next) {
            std::cmp::Ordering::Greater => {
                faults.push(Fault::Hole { from: next, to: n - 1 });
                before = None;
            }
            std::cmp::Ordering::Less => {
                faults.push(Fault::Disorder { n });
                before = None;
            }
            std::cmp::Ordering::Equal => {}
        }
        match event.computed(file) {
            None => faults.push(Fault::UnknownAlgorithm { n }),
            Some(hash) if hash != event.hash => faults.push(Fault::Altered { n }),
            Some(_) if before.is_some_and(|before| before != event.prev) => faults.push(Fault::Unlinked { n }),
            Some(_) => {}
        }
        (next, before) = (n.saturating_add(1), Some(event.hash));
    }
    // What went before a hole is not known: the hole has been named.
    if first.n == 1 && !matches!(first.what, What::Captured | What::Received) {
        faults.push(Fault::NoOrigin);
    }
    order(chain, &mut faults);
    faults
}

fn order(chain: &[Event], faults: &mut Vec<Fault>) {
    let (mut sealed, mut there, mut disposed) = (false, false, false);
    for Event { n, what, .. } in chain {
        let n = *n;
        if disposed {
            faults.push(Fault::AfterDisposal { n });
        }
        match what {
            What::Captured if there => faults.push(Fault::CapturedLate { n }),
            What::Sealed if sealed => faults.push(Fault::SealedTwice { n }),
            What::Opened if !sealed => faults.push(Fault::OpenedUnsealed { n }),
            what if sealed && what.needs_original() => faults.push(Fault::WhileSealed { n, what: *what }),
            _ => {}
        }
        there |= *what == What::Received;
        disposed |= *what == What::Disposed;
        sealed = match what {
            What::Sealed => true,
            What::Opened => false,
            _ => sealed,
        };
    }
}

/// Whether an original is sealed, and by which event.
pub fn seal(chain: &[Event]) -> Option<&Event> {
    chain.iter().rev().find(|event| matches!(event.what, What::Sealed | What::Opened)).filter(|event| event.what == What::Sealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: Digest = Digest([7; 32]);

    fn chain(whats: &[(What, bool)]) -> Vec<Event> {
        let mut out: Vec<Event> = Vec::new();
        for (what, sm3) in whats {
            let told = Told { at_ms: 5, by: "li".into(), record: Some(RecordId(9)), detail: BTreeMap::from([("reason".into(), "移交".into())]) };
            out.push(Event::after(FILE, out.last(), *what, told, if *sm3 { SM3 } else { SHA256 }).unwrap());
        }
        out
    }

    fn whats() -> impl Strategy<Value = Vec<(What, bool)>> {
        let next = prop::sample::select(vec![What::Verified, What::Read, What::Derived, What::Transferred, What::Exported]);
        prop::collection::vec((next, any::<bool>()), 2..12).prop_map(|mut rest| {
            rest.insert(0, (What::Received, false));
            rest.insert(0, (What::Captured, true));
            rest
        })
    }

    #[test]
    fn sm3_is_that_of_the_standard() {
        // GB/T 32905-2016, annex A.1.
        assert_eq!(hex::encode(Sm3::digest(b"abc")), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        assert_ne!(sm3_tagged("a", &[b"b"]), Digest::tagged("a", &[b"b"]));
    }

    #[test]
    fn what_contradicts_itself_is_named() {
        let of = |whats: &[What]| check(FILE, &chain(&whats.iter().map(|w| (*w, false)).collect::<Vec<_>>()));
        use What::*;
        assert_eq!(check(FILE, &[]), [Fault::Empty]);
        assert_eq!(of(&[Read]), [Fault::NoOrigin]);
        assert_eq!(of(&[Received, Captured]), [Fault::CapturedLate { n: 2 }]);
        assert_eq!(of(&[Captured, Received, Sealed, Verified, Opened, Read, Sealed]), []);
        assert_eq!(of(&[Received, Sealed, Read, Sealed]), [Fault::WhileSealed { n: 3, what: Read }, Fault::SealedTwice { n: 4 }]);
        assert_eq!(of(&[Received, Opened, Disposed, Read]), [Fault::OpenedUnsealed { n: 2 }, Fault::AfterDisposal { n: 4 }]);
        let mut odd = chain(&[(Received, false)]);
        odd[0].alg = "md5".into();
        assert_eq!(check(FILE, &odd), [Fault::UnknownAlgorithm { n: 1 }]);
        assert!(Event::after(FILE, None, Received, odd[0].told().unwrap().clone(), "md5").is_none());
    }

    #[test]
    fn an_original_is_sealed_by_the_last_word() {
        let sealed = chain(&[(What::Received, false), (What::Sealed, false), (What::Verified, false)]);
        assert_eq!(seal(&sealed).map(|e| e.n), Some(2));
        assert_eq!(seal(&chain(&[(What::Received, false), (What::Sealed, false), (What::Opened, false)])), None);
    }

    proptest! {
        #[test]
        fn a_whole_chain_has_no_fault_also_where_accounts_are_withheld(whats in whats(), hidden in any::<u16>()) {
            let chain = chain(&whats);
            prop_assert_eq!(check(FILE, &chain), vec![]);
            let shown: Vec<Event> = chain.into_iter().enumerate().map(|(i, e)| if hidden >> (i % 16) & 1 == 1 { e.withheld() } else { e }).collect();
            prop_assert_eq!(check(FILE, &shown), vec![]);
            let text = serde_json::to_string(&shown).unwrap();
            prop_assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), shown);
        }

        #[test]
        fn whatever_is_changed_in_one_event_is_found_at_that_event(whats in whats(), at in any::<prop::sample::Index>(), which in 0..6u8) {
            let mut chain = chain(&whats);
            let at = at.index(chain.len());
            let n = chain[at].n;
            let event = &mut chain[at];
            let mut told = event.told().unwrap().clone();
            match which {
                0 => told.at_ms += 1,
                1 => told.by.push('x'),
                2 => told.record = None,
                3 => { told.detail.insert("to".into(), "x".into()); }
                4 => event.prev.0[0] ^= 1,
                _ => event.hash.0[31] ^= 1,
            }
            event.account = Account::Told(told);
            prop_assert_eq!(check(FILE, &chain).into_iter().next(), Some(Fault::Altered { n }));
            let wanted = Fault::Altered { n };
            prop_assert!(check(Digest([8; 32]), &chain).contains(&wanted));
        }

        #[test]
        fn an_event_that_is_gone_or_moved_is_found(whats in whats(), at in any::<prop::sample::Index>()) {
            let whole = chain(&whats);
            let at = at.index(whole.len() - 1);
            let mut gone = whole.clone();
            let n = gone.remove(at).n;
            let wanted = Fault::Hole { from: n, to: n };
            prop_assert!(check(FILE, &gone).contains(&wanted));
            let mut moved = whole;
            moved.swap(at, at + 1);
            let wanted = Fault::Disorder { n };
            prop_assert!(check(FILE, &moved).contains(&wanted));
        }

        #[test]
        fn renumbered_and_hashed_anew_a_gap_still_shows(whats in whats(), at in 1..3usize) {
            let mut chain = chain(&whats);
            chain.remove(at);
            for (i, event) in chain.iter_mut().enumerate() {
                event.n = i as u64 + 1;
                event.hash = event.computed(FILE).unwrap();
            }
            let n = at as u64 + 1;
            let wanted = Fault::Unlinked { n };
            prop_assert!(check(FILE, &chain).contains(&wanted));
        }
    }
}
