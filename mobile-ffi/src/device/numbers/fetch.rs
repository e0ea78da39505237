//! Blocks of numbers, asked for after a session: once a day, and whenever something was taken or spoiled since the office was told.
//! Whether it succeeds is no matter to the session.

use sync_core::base::date::day_of;
use sync_core::base::keys::PublicKey;
use sync_core::base::{DeviceId, Digest, DistrictId, UtcMs, b64};
use sync_core::number::{Block, SealToken, Sort, Token};
use sync_core::protocol::{NumbersRequest, NumbersResponse};
use sync_core::replica::Store;

use crate::device::store::{StoreError, Tx};

/// Name of the setting that holds the day on which the office was told, and what, if it need not be told again on that day.
const TOLD: &str = "numbers_told";

type Out<T> = Result<T, StoreError>;

/// Where the fetching of one session stands.
#[derive(Default)]
pub struct Fetch {
    /// What is on its way: the day and the request.
    sent: Option<String>,
    over: bool,
}

fn to_json<T: serde::Serialize>(value: &T) -> Out<String> {
    serde_json::to_string(value).map_err(|_| StoreError::Broken("request for numbers"))
}

/// The day on which the office was last told.
pub(super) fn told_day(tx: &mut Tx<'_>) -> Out<Option<String>> {
    Ok(tx.setting(TOLD)?.and_then(|told| told.split(' ').next().map(str::to_owned)))
}

impl Fetch {
    /// The body to ask with; `None` if there is nothing to tell and nothing to ask.
    pub fn body(&mut self, tx: &mut Tx<'_>, now: UtcMs) -> Out<Option<Vec<u8>>> {
        if self.over {
            return Ok(None);
        }
        let stock = tx.stock()?;
        let request = to_json(&NumbersRequest { have: stock.standings(), spoiled: stock.spoiled().to_vec(), sorts: leased_sorts() })?;
        let day = day_of(now).map(|day| day.to_string()).unwrap_or_default();
        let told = format!("{day} {request}");
        if tx.setting(TOLD)?.as_ref() == Some(&told) {
            self.over = true;
            return Ok(None);
        }
        self.sent = Some(told);
        Ok(Some(request.into_bytes()))
    }

    /// No usable answer came: asked again with the next session.
    pub fn failed(&mut self) {
        self.over = true;
    }

    /// Takes the answer in.
    pub fn on(&mut self, tx: &mut Tx<'_>, body: &[u8]) -> Out<()> {
        self.over = true;
        let Ok(answer) = serde_json::from_slice::<NumbersResponse>(body) else { return Ok(()) };
        let meta = tx.meta()?;
        let (device, enrolled) = (meta.device, meta.enrolled);
        let Some(server) = PublicKey::new(&enrolled.server_alg, &enrolled.server_key.0) else { return Ok(()) };
        let genuine = |block: &Block| is_genuine(block, enrolled.district, device, &server);
        let mut stock = tx.stock()?;
        // What was just leased is told with the next session, and what was not taken is asked for again with it.
        let settled = answer.blocks.is_empty();
        for seal in answer.seals.iter().filter(|seal| Digest::plain(&seal.png.0) == seal.digest) {
            tx.put_setting(&seal_setting(&seal.digest), &b64::encode(&seal.png.0))?;
        }
        stock.absorb(answer.blocks.into_iter().filter(genuine).collect(), &answer.noted, &answer.closed);
        tx.put_stock(&stock)?;
        let told = self.sent.take().unwrap_or_default();
        let day = told.split_once(' ').map_or("", |(day, _)| day);
        tx.put_setting(TOLD, if settled { &told } else { day })
    }
}

/// Whether every token of a block is this office's for this number: a code that proves nothing must not be shown to anybody.
fn is_genuine(block: &Block, district: DistrictId, device: DeviceId, server: &PublicKey) -> bool {
    let act = |seq: u32, text: &str| Token::verify(text, server).is_ok_and(|token| token.district == district && token.series == block.series && token.seq == seq);
    let sealed = |seq: u32, text: &str| SealToken { district, series: block.series.clone(), seq, device }.verify(text, server).is_ok();
    let all = |holds: &dyn Fn(u32, &str) -> bool| (block.first..=block.last).zip(&block.tokens).all(|(seq, text)| holds(seq, text));
    block.is_sound() && if block.series.sort() == Sort::ACT { all(&act) } else { all(&sealed) }
}

/// Prefixes of the sorts of documents that this program numbers.
fn leased_sorts() -> Vec<String> {
    Sort::all().filter(|sort| sort.leased() && *sort != Sort::ACT).map(|sort| sort.prefix().to_owned()).collect()
}

/// Where the image of a seal is kept.
pub(super) fn seal_setting(digest: &Digest) -> String {
    format!("seal.{digest}")
}
