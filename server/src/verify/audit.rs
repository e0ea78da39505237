//! The audit is whole: no entry removed, changed or moved since it was written, and none added past the server.

use diesel::prelude::*;
use sync_core::base::Digest;

use super::finding::{Code, Finding, Findings};
use super::source::PAGE;
use super::{Ground, VerifyError};
use crate::audit::{Entry, head_digest};
use crate::on;
use crate::schema::{audit, audit_head};

/// Wrong entries of which it is worked out whether they are moved rather than altered; beyond they count as altered.
const MOST_WRONG: usize = 64;

/// An entry whose hash does not follow from the one before it.
struct Wrong {
    entry: Entry,
    hash: Digest,
    before: Digest,
}

type Row = (i64, i64, String, String, String, String, Vec<u8>);

/// Recomputes the chain from its first entry and compares its end with what the server signed.
pub fn check(ground: &mut Ground<'_, '_>, found: &mut Findings) -> Result<u64, VerifyError> {
    let district = ground.district;
    let (mut seq, mut before) = (0, Digest::ZERO);
    let mut entries = 0;
    let mut wrong: Vec<Wrong> = Vec::new();
    loop {
        let rows: Vec<Row> = on!(ground.tx, |c| audit::table
            .filter(audit::district.eq(district))
            .filter(audit::seq.gt(seq))
            .order(audit::seq)
            .limit(PAGE)
            .select((audit::seq, audit::at_ms, audit::actor, audit::action, audit::object, audit::detail, audit::hash))
            .load(c))?;
        if rows.is_empty() {
            break;
        }
        for (number, at_ms, actor, action, object, detail, hash) in rows {
            if number != seq + 1 {
                found.add(Finding::new(Code::AuditRemoved, format!("audit: entries {} to {} are gone", seq + 1, number - 1)));
            }
            let entry = Entry { seq: number, at_ms, actor, action, object, detail };
            let hash = hash.as_slice().try_into().map(Digest).unwrap_or_default();
            // After a gap the entry before is not known; the gap itself has been named.
            if number == seq + 1 && entry.hash(&before) != hash {
                wrong.push(Wrong { entry, hash, before });
            }
            (seq, before, entries) = (number, hash, entries + 1);
        }
    }
    name(&wrong, found);
    head(ground, seq, &before, found)?;
    Ok(entries)
}

/// Tells moved entries from altered ones: a moved entry has the hash that it had under another number.
fn name(wrong: &[Wrong], found: &mut Findings) {
    let few = wrong.get(..wrong.len().min(MOST_WRONG)).unwrap_or_default();
    for w in wrong {
        let from = few.iter().filter(|other| other.entry.seq != w.entry.seq).find(|other| {
            let there = Entry { seq: other.entry.seq, ..w.entry.clone() };
            few.iter().flat_map(|x| [x.before, x.hash]).any(|before| there.hash(&before) == w.hash)
        });
        match from {
            Some(other) => found.add(Finding::new(Code::AuditMoved, format!("audit: the entry at {} is the one that was written as {}", w.entry.seq, other.entry.seq))),
            None => found.add(Finding::new(Code::AuditAltered, format!("audit: entry {} is not what was written", w.entry.seq))),
        }
    }
}

fn head(ground: &mut Ground<'_, '_>, seq: i64, hash: &Digest, found: &mut Findings) -> Result<(), VerifyError> {
    let district = ground.district;
    type Head = (i64, Vec<u8>, String, Vec<u8>);
    let head: Option<Head> =
        on!(ground.tx, |c| audit_head::table.find(district).select((audit_head::seq, audit_head::hash, audit_head::alg, audit_head::signature)).first(c).optional())?;
    let Some((named, named_hash, alg, signature)) = head else {
        if seq > 0 {
            found.add(Finding::new(Code::AuditHeadWrong, format!("audit: there are entries up to {seq} and no signed head")));
        }
        return Ok(());
    };
    let digest: Digest = named_hash.as_slice().try_into().map(Digest).unwrap_or_default();
    if !ground.server_key.verify(&alg, &head_digest(district, named, &digest).0, &signature) {
        found.add(Finding::new(Code::AuditHeadWrong, "audit: the head does not bear the server's signature"));
    } else if named > seq {
        found.add(Finding::new(Code::AuditRemoved, format!("audit: entries {} to {named} are gone; the server signed that they were there", seq + 1)));
    } else if named < seq || digest != *hash {
        found.add(Finding::new(Code::AuditHeadWrong, format!("audit: the server signed entry {named}, and the last one is {seq} with another hash")));
    }
    Ok(())
}
