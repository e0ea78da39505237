//! What handhelds fetch of the book: their slice of it, from where they are, in pages, and nothing personal.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use sync_core::base::Validity;
use sync_core::base::date::date;
use sync_core::base::pack::unpack;
use sync_core::catalogue::pack::{apply, slice_name};
use sync_core::catalogue::{PowerType, any, power_key};
use sync_core::dated::{Book, Difference, Kind, Row};
use sync_core::protocol::{LawManifest, LawPage, law_delta};
use zhifa_server::law::ops::{Author, carry_out};
use zhifa_server::sync::store::Want;

use crate::harness::{Handheld, Site, ok, problem};
use crate::on_both;

fn row(kind: Kind, key: &str, body: &Json) -> Row {
    any::row(kind, key, Validity::from(date(2030, 1, 1)), body).unwrap()
}

fn organ(key: &str, areas: &[&str]) -> Row {
    row(Kind::Organ, key, &json!({ "kind": "department", "name": format!("机关{key}"), "areas": areas }))
}

fn matter(code: &str, name: &str) -> Row {
    let body = json!({
        "name": name, "domain": "city", "violation": [{ "law": "条例", "article": "第一条" }], "penalty": [{ "law": "条例", "article": "第二条" }], "kinds": ["warning"], "trigger": "immediate", "fast_case": false, "case_allowed": true,
        "synthetic": true, "source": "测试",
    });
    row(Kind::Matter, code, &body)
}

fn power(matter: &str, area: &str) -> Row {
    row(Kind::Power, &power_key(matter, area, PowerType::Penalty), &json!({ "organ": "team", "power": "penalty", "scope": "whole", "legal_doc": "通知" }))
}

/// Two areas with a matter each; unit `u1`, in which the harness has its officers, is of the one, `u2` of the other.
fn rows() -> Vec<Row> {
    vec![
        row(Kind::Area, "zone", &json!({ "functional": true, "name": "高新区", "parents": ["330211"] })),
        row(Kind::Area, "far", &json!({ "functional": true, "name": "远区", "parents": ["330225"] })),
        organ("team", &["zone"]),
        organ("port", &["far"]),
        row(Kind::Unit, "u1", &json!({ "kind": "squad", "name": "一中队", "organ": "team" })),
        row(Kind::Unit, "u2", &json!({ "kind": "squad", "name": "二中队", "organ": "port" })),
        row(Kind::Post, "wang", &json!({ "unit": "u2" })),
        matter("C-1", "【合成】泥浆"),
        matter("F-1", "【合成】船舶"),
        power("C-1", "zone"),
        power("F-1", "far"),
    ]
}

/// Carries differences out under the present revision; gives the new one.
fn decree(site: &Site, differences: Vec<Difference>) -> i64 {
    let seen = site.running().app.law().rev;
    let author = Author { actor: "system".into(), reason: "test".into() };
    let done = site.running().app.committer.run_blocking(Want::default(), move |store| carry_out(store, seen, &differences, &author));
    done.unwrap().unwrap()
}

fn enter(site: &Site, rows: Vec<Row>) -> i64 {
    decree(site, rows.into_iter().map(|row| Difference::Added { row }).collect())
}

/// A store's law: what it holds, and how it got there.
#[derive(Default)]
struct Law {
    held: Option<LawManifest>,
    areas: BTreeSet<String>,
    book: Book,
}

fn page(site: &Site, handheld: &Handheld, query: &str) -> LawPage {
    ok(site.get(&format!("/sync/v1/law{query}")).bearer_auth(&handheld.token).send().unwrap())
}

impl Law {
    /// Fetches what is new; gives the pages.
    fn fetch(&mut self, site: &Site, handheld: &Handheld) -> Vec<LawPage> {
        let held = self.held.as_ref().map(|h| format!("have={}&slice={}&", h.rev, h.slice)).unwrap_or_default();
        let mut pages = vec![page(site, handheld, &format!("?{held}"))];
        while let Some(last) = pages.last().filter(|last| last.more) {
            let rev = last.manifest.unchecked::<LawManifest>().unwrap().rev;
            pages.push(page(site, handheld, &format!("?{held}of={rev}&at={}", last.end())));
        }
        let last = pages.last().unwrap();
        let manifest: LawManifest = last.manifest.open(handheld.server.as_ref().unwrap()).expect("signed by the enrolled server");
        assert_eq!(manifest.slice, slice_name(&last.areas));
        if !last.is_nothing_new(&manifest) {
            let delta = law_delta(&manifest, pages.clone());
            apply(&mut self.book, self.held.as_ref().map(LawManifest::pack).as_ref(), &last.areas, delta).unwrap();
        }
        (self.held, self.areas) = (Some(manifest), last.areas.clone());
        pages
    }

    fn keys(&self, kind: Kind) -> Vec<&str> {
        self.book.keys(kind).collect()
    }
}

fn entries(pages: &[LawPage]) -> (Option<u64>, usize, usize) {
    (pages[0].from, pages.iter().map(|p| p.put.len()).sum(), pages.iter().map(|p| p.removed.len()).sum())
}

on_both! {
    fn officers_of_different_areas_get_different_slices(site) {
        let (li, wang) = (site.handheld("li"), site.handheld("wang"));
        let (mut lis, mut wangs) = (Law::default(), Law::default());
        assert_eq!(entries(&lis.fetch(&site, &li)), (None, 0, 0), "an empty book is a pack too");
        site.clock.set(sync_core::base::date::start_of(date(2030, 1, 1)));
        let (li, wang) = (renewed(&site, li), renewed(&site, wang));
        enter(&site, rows());
        lis.fetch(&site, &li);
        wangs.fetch(&site, &wang);
        assert_eq!((lis.areas.iter().next().unwrap().as_str(), lis.keys(Kind::Matter), lis.keys(Kind::Power)), ("zone", vec!["C-1"], vec!["C-1/zone/penalty"]), "by the roster's unit");
        assert_eq!((wangs.areas.iter().next().unwrap().as_str(), wangs.keys(Kind::Matter)), ("far", vec!["F-1"]), "by the book's post");
        assert_eq!(lis.keys(Kind::Organ), wangs.keys(Kind::Organ));
    }

    fn a_delta_leads_where_the_whole_pack_leads(site) {
        let li = site.handheld("li");
        enter(&site, rows());
        let mut law = Law::default();
        assert_eq!(entries(&law.fetch(&site, &li)), (None, 11, 0), "before its first day the book does not say where u1 works, so all");
        assert_eq!(entries(&law.fetch(&site, &li)), (Some(1), 0, 0), "nothing is new");
        let changed = matter("C-1", "【合成】泥浆未经沉淀");
        decree(&site, vec![Difference::Changed { before: matter("C-1", "【合成】泥浆"), after: changed }]);
        assert_eq!(entries(&law.fetch(&site, &li)), (Some(1), 1, 0), "one row changed, one row travels");
        decree(&site, vec![Difference::Withdrawn { row: power("F-1", "far") }, Difference::Added { row: matter("C-2", "【合成】树木") }, Difference::Added { row: power("C-2", "zone") }]);
        assert_eq!(entries(&law.fetch(&site, &li)), (Some(2), 2, 1));
        assert_eq!(law.keys(Kind::Matter), ["C-1", "C-2"], "nobody holds F-1 any more");
        let mut anew = Law::default();
        anew.fetch(&site, &li);
        assert_eq!((&anew.book, &anew.held), (&law.book, &law.held));
    }

    fn six_and_twenty_handhelds_cost_one_build(site) {
        enter(&site, rows());
        let mut firsts = BTreeSet::new();
        for n in 0..26 {
            let handheld = site.handheld(&format!("o{n}"));
            firsts.insert(serde_json::to_string(&page(&site, &handheld, "")).unwrap());
        }
        assert_eq!((firsts.len(), site.running().app.packs.builds()), (1, 1));
    }

    fn a_large_pack_comes_in_pages_and_a_change_begins_it_again(site) {
        let li = site.handheld("li");
        let long = "字".repeat(3_900);
        let many = (0..120).flat_map(|n| {
            let mut body = serde_json::from_str::<Json>(matter("C-1", "【合成】泥浆").body.as_json()).unwrap();
            (body["note"], body["doubt"]) = (json!(long), json!(n.to_string()));
            [row(Kind::Matter, &format!("M-{n:03}"), &body), power(&format!("M-{n:03}"), "zone")]
        });
        enter(&site, many.collect());
        let first = page(&site, &li, "");
        assert!(first.more && first.end() < 240);
        let second = page(&site, &li, &format!("?of=1&at={}", first.end()));
        assert_eq!((second.at, second.more), (first.end(), false));
        assert_eq!(page(&site, &li, "?of=1&at=7").at, 0, "no page begins there");
        enter(&site, vec![matter("C-9", "【合成】新")]);
        assert_eq!(page(&site, &li, &format!("?of=1&at={}", first.end())).at, 0);
        let mut law = Law::default();
        assert_eq!((law.fetch(&site, &li).len(), law.book.len()), (2, 240), "what nobody holds is in no slice");
        // As handhelds get it: packed.
        let answer = site.get("/sync/v1/law").bearer_auth(&li.token).header("accept-encoding", "zstd").send().unwrap();
        assert_eq!(answer.headers()["content-encoding"], "zstd");
        let packed = answer.bytes().unwrap();
        let text = unpack(&packed, 4 << 20).unwrap();
        assert!(packed.len() * 10 < text.len() && serde_json::from_slice::<LawPage>(&text).unwrap().more);
    }

    fn who_may_not_read_and_what_is_half_a_question_are_refused(site) {
        let li = site.handheld("li");
        let asked = |query: &str| problem(site.get(&format!("/sync/v1/law{query}")).bearer_auth(&li.token).send().unwrap());
        assert_eq!(asked("?have=1"), (422, "invalid_field".into()));
        assert_eq!(asked("?have=1&slice=short").0, 422);
        assert_eq!(asked("?all=1").0, 422);
        let device = li.device;
        site.running().app.committer.run_blocking(Want::default(), move |store| zhifa_server::org::ops::revoke_device(store, "system", device)).unwrap().unwrap();
        assert_eq!(asked(""), (403, "device_revoked".into()));
    }

    fn nothing_of_the_roster_travels_with_the_law(site) {
        let li = site.handheld("li");
        let mut all = rows();
        all.push(row(Kind::Certificate, "33021100001", &json!({ "holder_kind": "officer", "issuer": "浙江省人民政府", "officer": "wang" })));
        enter(&site, all);
        let text = site.get("/sync/v1/law").bearer_auth(&li.token).send().unwrap().text().unwrap();
        assert!(text.contains("33021100001") && text.contains("\"wang\""), "codes and numbers, as published");
        for absent in ["测试机", "\"password", "\"phone", "\"name_sealed", "argon2", "totp"] {
            assert!(!text.contains(absent), "{absent}");
        }
        let page: LawPage = serde_json::from_str(&text).unwrap();
        let fields: BTreeSet<String> = page
            .put
            .iter()
            .filter(|row| matches!(row.kind, Kind::Post | Kind::Certificate))
            .flat_map(|row| serde_json::from_str::<serde_json::Map<String, Json>>(row.body.as_json()).unwrap().into_iter().map(|(name, _)| name))
            .collect();
        assert_eq!(fields.into_iter().collect::<Vec<_>>(), ["holder_kind", "issuer", "officer", "suspended", "unit"].into_iter().filter(|f| *f != "suspended").collect::<Vec<_>>());
    }
}

/// The same handheld with a token of the present day.
fn renewed(site: &Site, mut handheld: Handheld) -> Handheld {
    handheld.token = site.device_token(&handheld);
    handheld
}
