//! Slows down who guesses: ten failures of one account and fifty of one address in fifteen minutes, counted in the
//! database, so that several servers count together.
//!
//! A try is counted before the password is looked at and given back if it was right, so that many at once get no more
//! tries than one after the other. The window begins with its first failure and is not prolonged by refused tries: an
//! account rests for fifteen minutes at most and is never locked for good. Whoever goes on guessing can keep an
//! account resting; he is stopped at his address, which the audit names. `zhifa admin` on the machine is not throttled.
//!
//! An address is an IPv4 address or the first 64 bits of an IPv6 address: a household has as many as it likes beyond.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use diesel::prelude::*;
use sync_core::base::{OfficerId, UtcMs};

use crate::app::App;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::login_failure;
use crate::sync::store::StoreError;

/// Failures of one account.
pub const ACCOUNT_LIMIT: i64 = 10;
/// Failures of one address.
pub const ADDRESS_LIMIT: i64 = 50;
/// Ratings from one address.
pub const RATING_LIMIT: i64 = 10;
/// In this time.
pub const WINDOW_MS: i64 = 15 * 60_000;

/// One try to prove who somebody is. It counts as failed until it is given back.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// As whom.
    pub officer: OfficerId,
    /// From where.
    pub address: String,
    /// When.
    pub now: UtcMs,
}

impl Attempt {
    fn subjects(&self) -> [(String, i64); 2] {
        [(format!("address:{}", self.address), ADDRESS_LIMIT), (format!("officer:{}", self.officer), ACCOUNT_LIMIT)]
    }

    /// Counts the try. Gives the milliseconds to wait if there were too many; it is not counted then.
    pub fn take(&self, tx: &mut Tx<'_>, district: i64) -> Result<Option<i64>, StoreError> {
        let [address, officer] = self.subjects();
        for (at, (subject, limit)) in [&address, &officer].into_iter().enumerate() {
            if let Some(wait) = count(tx, district, subject, *limit, self.now)? {
                if at > 0 {
                    give_back(tx, district, &address.0)?;
                }
                return Ok(Some(wait));
            }
        }
        Ok(None)
    }

    /// Gives the try back: it was no guess.
    pub fn forgive(&self, tx: &mut Tx<'_>, district: i64) -> Result<(), StoreError> {
        let [address, officer] = self.subjects();
        give_back(tx, district, &address.0)?;
        give_back(tx, district, &officer.0)
    }

    /// The account has shown who it is: its failures are forgotten, the address keeps those of other accounts.
    pub fn succeed(&self, tx: &mut Tx<'_>, district: i64) -> Result<(), StoreError> {
        let [address, officer] = self.subjects();
        give_back(tx, district, &address.0)?;
        on!(tx, |c| diesel::delete(login_failure::table.find((district, officer.0.as_str()))).execute(c))?;
        Ok(())
    }
}

/// Counts something of a subject. Gives the milliseconds to wait if there was too much of it; it is not counted then.
fn count(tx: &mut Tx<'_>, district: i64, subject: &str, limit: i64, now: UtcMs) -> Result<Option<i64>, StoreError> {
    let old = now.0 - WINDOW_MS;
    let row = login_failure::table.find((district, subject));
    on!(tx, |c| diesel::update(row.filter(login_failure::since_ms.le(old))).set((login_failure::failures.eq(0), login_failure::since_ms.eq(now.0))).execute(c))?;
    let new = (login_failure::district.eq(district), login_failure::subject.eq(subject), login_failure::failures.eq(0), login_failure::since_ms.eq(now.0));
    on!(tx, |c| diesel::insert_into(login_failure::table).values(new).on_conflict_do_nothing().execute(c))?;
    let counted = on!(tx, |c| diesel::update(row.filter(login_failure::failures.lt(limit))).set(login_failure::failures.eq(login_failure::failures + 1)).execute(c))?;
    if counted > 0 {
        return Ok(None);
    }
    let since: i64 = on!(tx, |c| row.select(login_failure::since_ms).first(c))?;
    Ok(Some((since - old).max(1)))
}

fn give_back(tx: &mut Tx<'_>, district: i64, subject: &str) -> Result<(), StoreError> {
    let row = login_failure::table.find((district, subject)).filter(login_failure::failures.gt(0));
    on!(tx, |c| diesel::update(row).set(login_failure::failures.eq(login_failure::failures - 1)).execute(c))?;
    Ok(())
}

/// Removes what no longer counts.
fn sweep(tx: &mut Tx<'_>, district: i64, now: UtcMs) -> Result<(), StoreError> {
    let old = login_failure::table.filter(login_failure::district.eq(district)).filter(login_failure::since_ms.le(now.0 - 2 * WINDOW_MS));
    on!(tx, |c| diesel::delete(old).execute(c))?;
    Ok(())
}

/// The address as it is counted.
fn counted(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("{}/64", Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

/// The last address of `X-Forwarded-For`: the only one that the proxy before us has written.
fn forwarded(request: &HttpRequest) -> Option<IpAddr> {
    let last = request.headers().get_all("x-forwarded-for").last()?.to_str().ok()?;
    let hop = last.rsplit(',').next()?.trim();
    hop.parse().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()))
}

impl App {
    /// Where a request comes from, as it is counted.
    fn address_of(&self, request: &HttpRequest) -> String {
        let peer = request.peer_addr().map(|a| a.ip());
        let from = if self.behind_proxy { forwarded(request).or(peer) } else { peer };
        from.map_or_else(|| "unknown".to_owned(), counted)
    }

    /// Counts a rating from an address. False if there were too many.
    pub(crate) async fn may_rate(&self, request: &HttpRequest) -> Result<bool, Problem> {
        let (db, district, now, subject) = (self.db.clone(), i64::from(self.district.0), self.now(), format!("rating:{}", self.address_of(request)));
        let wait = actix_web::web::block(move || {
            let wait = db.write(|tx| count(tx, district, &subject, RATING_LIMIT, now))?;
            if let Err(cause) = db.write(|tx| sweep(tx, district, now)) {
                tracing::debug!(%cause, "old counts were not swept");
            }
            Ok::<_, StoreError>(wait)
        });
        Ok(wait.await??.is_none())
    }

    /// Begins a try, or says how long to wait: 429. What is refused so is audited as other refusals are.
    pub(crate) async fn attempt(&self, officer: &OfficerId, request: &HttpRequest) -> Result<Attempt, Problem> {
        let attempt = Attempt { officer: officer.clone(), address: self.address_of(request), now: self.now() };
        let (db, district, trying) = (self.db.clone(), i64::from(self.district.0), attempt.clone());
        let wait = actix_web::web::block(move || {
            let wait = db.write(|tx| trying.take(tx, district))?;
            // What is swept is twice as old as what counts, and hardly ever there.
            if let Err(cause) = db.write(|tx| sweep(tx, district, trying.now)) {
                tracing::debug!(%cause, "old failures were not swept");
            }
            Ok::<_, StoreError>(wait)
        });
        let Some(wait) = wait.await?? else { return Ok(attempt) };
        self.refused(&attempt, "too_many").await?;
        let seconds = u32::try_from(wait.div_euclid(1_000) + 1).unwrap_or(u32::MAX);
        Err(Problem::new("too_many_requests", format!("too many wrong tries of this account or from this address; wait {seconds} seconds")).after(seconds))
    }

    /// Gives a try back that was no guess.
    pub(crate) async fn forgive(&self, attempt: &Attempt) -> Result<(), Problem> {
        let (db, district, attempt) = (self.db.clone(), i64::from(self.district.0), attempt.clone());
        Ok(actix_web::web::block(move || db.write(|tx| attempt.forgive(tx, district))).await??)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn an_address_is_a_host_or_a_network_of_64_bits() {
        assert_eq!(counted("192.0.2.7".parse().unwrap()), "192.0.2.7");
        assert_eq!(counted("::ffff:192.0.2.7".parse().unwrap()), "192.0.2.7");
        assert_eq!(counted("2001:db8:1:2:3:4:5:6".parse().unwrap()), "2001:db8:1:2::/64");
    }

    #[test]
    fn only_the_last_hop_counts_whatever_the_caller_wrote_before_it() {
        let of = |headers: &[&str]| {
            let request = headers.iter().fold(TestRequest::default(), |r, h| r.append_header(("X-Forwarded-For", *h)));
            forwarded(&request.to_http_request()).map(|a| a.to_string())
        };
        assert_eq!(of(&["198.51.100.1, 192.0.2.7"]).as_deref(), Some("192.0.2.7"));
        assert_eq!(of(&["198.51.100.1", "192.0.2.8"]).as_deref(), Some("192.0.2.8"));
        assert_eq!(of(&["192.0.2.9:4711"]).as_deref(), Some("192.0.2.9"));
        assert_eq!(of(&["nonsense"]), None);
        assert_eq!(of(&[]), None);
    }
}
