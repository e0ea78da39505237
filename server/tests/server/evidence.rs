//! What a record names and what is there: told to whoever reaches the record, waited for by what rests on it, and no way to learn what
//! others hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::blocking::Response;
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, RecordId};
use sync_core::evidence::{file_field, received, standing};

use zhifa_server::org::{Role, Scope};

use crate::files::picture;
use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::Town;

/// Announces a file, for a record or for none.
pub fn announce(site: &Site, token: &str, bytes: &[u8], of: Option<RecordId>) -> Response {
    let pair = |key: &str, value: &str| format!("{key} {}", STANDARD.encode(value));
    let mut told = vec![pair("sha256", &hex::encode(Digest::plain(bytes).0))];
    told.extend(of.map(|id| pair("record", &id.to_string())));
    let request = site.client.post(site.url("/files")).bearer_auth(token).header("Tus-Resumable", "1.0.0");
    request.header("Upload-Length", bytes.len()).header("Upload-Metadata", told.join(",")).send().unwrap()
}

/// Hands a file in, whole. Gives how many bytes had to be sent.
pub fn hand_in(site: &Site, token: &str, bytes: &[u8], of: Option<RecordId>) -> usize {
    let made = announce(site, token, bytes, of);
    assert_eq!(made.status(), 201, "{made:?}");
    let at: usize = made.headers()["upload-offset"].to_str().unwrap().parse().unwrap();
    if at < bytes.len() {
        let request = site.client.patch(site.url(made.headers()["location"].to_str().unwrap())).bearer_auth(token).header("Tus-Resumable", "1.0.0");
        let request = request.header("Upload-Offset", at).header("Content-Type", "application/offset+octet-stream");
        assert_eq!(request.body(bytes[at..].to_vec()).send().unwrap().status(), 204);
    }
    bytes.len() - at
}

/// The facts of a photo.
pub fn facts(bytes: &[u8], at: i64) -> Json {
    json!({ "mime": "image/jpeg", "sha256": Digest::plain(bytes), "size": bytes.len(), "taken_ms": at })
}

/// A visit of 陈一帆's, at a site that there is.
fn visit(town: &Town<'_>, n: u128) -> RecordId {
    let (id, place) = (record(n), record(n + 0x1000));
    town.begin("site", place, &[("name", json!(format!("工地{n}"))), ("area", json!("nb-gaoxin"))]);
    town.approved(id, place, &[("enforcement", "special_own")], &["chen-yifan", "lin-xiaohe"], &[("mode", json!("special")), ("task", json!("扬尘专项"))]);
    id
}

fn counted(town: &Town<'_>, id: RecordId) -> (usize, usize, usize) {
    let standing = standing(&town.look(id).unwrap());
    (standing.named, standing.there, standing.lost)
}

const OFFICERS: [&str; 3] = ["chen-yifan", "lin-xiaohe", "jiang-haitao"];

on_both! {
    fn the_office_says_in_the_record_that_an_original_is_there_whichever_came_first(site) {
        let town = Town::new(&site, &OFFICERS);
        let id = visit(&town, 0x10);
        let (one, two) = (picture(1, 40_000), picture(2, 50_000));
        let chen = town.handhelds["chen-yifan"].token.clone();
        // The file first, and for no record: its officer names it.
        hand_in(&site, &chen, &one, None);
        town.done("chen-yifan", id, &[("photos.F-1.p1", facts(&one, 5))], None);
        assert_eq!(counted(&town, id), (1, 1, 0));
        // The name first.
        town.done("chen-yifan", id, &[("photos.F-1.p2", facts(&two, 5))], None);
        assert_eq!(counted(&town, id), (2, 1, 0));
        assert_eq!(hand_in(&site, &chen, &two, Some(id)), 50_000);
        assert_eq!(counted(&town, id), (2, 2, 0));
        let said = town.field(id, &file_field(Digest::plain(&two)));
        assert_eq!((said.len(), &said[0]["by"], &said[0]["mime"], said[0]["size"].as_u64()), (1, &json!("chen-yifan"), &json!("image/jpeg"), Some(50_000)));
        // The page, one line after the other.
        let page = town.get("reviewer", &format!("/api/v1/records/{id}/files?limit=1"));
        assert_eq!((&page["evidence"], &page["items"][0]["field"], &page["next"]), (&json!({ "named": 2, "there": 2, "lost": 0 }), &json!("photos.F-1.p1"), &json!("photos.F-1.p1")));
        let page = town.get("reviewer", &format!("/api/v1/records/{id}/files?limit=1&after=photos.F-1.p1"));
        assert_eq!((&page["items"][0]["state"], &page["next"], page["items"].as_array().unwrap().len()), (&json!("there"), &Json::Null, 1));
        // The handheld reads it in what it pulls: the receipt against which its own copy may go.
        let (mut cursor, mut reached) = (String::new(), false);
        for _ in 0..50 {
            let page = site.pull(&town.handhelds["chen-yifan"], &cursor);
            reached |= page.to_string().contains(&file_field(Digest::plain(&two)));
            cursor = page["cursor"].as_str().unwrap().to_owned();
        }
        assert!(reached, "the word reaches the handheld");
    }

    fn naming_a_digest_tells_nobody_what_others_have(site) {
        let town = Town::new(&site, &OFFICERS);
        let (mine, theirs) = (visit(&town, 0x20), visit(&town, 0x21));
        let file = picture(3, 30_000);
        hand_in(&site, &town.handhelds["chen-yifan"].token, &file, Some(theirs));
        town.done("chen-yifan", theirs, &[("photos.F-1.p1", facts(&file, 5))], None);
        assert_eq!(counted(&town, theirs), (1, 1, 0));
        // Another officer names it on a visit of his, and announces it: he is asked for every byte, and reads nothing.
        town.done("lin-xiaohe", mine, &[("photos.F-1.p1", facts(&file, 5))], None);
        assert_eq!(counted(&town, mine), (1, 0, 0), "somebody else's file is none of his");
        let stranger = town.handhelds["jiang-haitao"].token.clone();
        assert_eq!(announce(&site, &stranger, &file, Some(mine)).headers()["upload-offset"], "0");
        let away = site.officer_of("away", &[Role::Reviewer], "fire-unit", Some(Scope::Unit), &[]);
        let away = site.log_in(&away);
        let digest = Digest::plain(&file);
        for path in [format!("/api/v1/records/{theirs}/files"), format!("/api/v1/records/{theirs}/files/{digest}")] {
            assert_eq!(site.get(&path).bearer_auth(&away).send().unwrap().status(), 404, "{path}");
        }
        let path = format!("/api/v1/records/{mine}/files/{digest}");
        assert_eq!(problem(site.get(&path).bearer_auth(&town.desks["reviewer"]).send().unwrap()).0, 404, "not through a record that was not told of it");
        // He hands it in himself: now it is his too.
        assert_eq!(hand_in(&site, &town.handhelds["lin-xiaohe"].token, &file, Some(mine)), 30_000);
        assert_eq!(counted(&town, mine), (1, 1, 0));
        // A colleague on the visit, to whom the record says that it is there, sends nothing.
        assert_eq!(hand_in(&site, &town.handhelds["chen-yifan"].token, &file, Some(mine)), 0);
        assert_eq!(announce(&site, &town.desks["reviewer"], &file, Some(mine)).headers()["upload-offset"], "30000");
        // One record's word is not another's: what he never sent he sends for the visit on which he names it himself.
        let other = visit(&town, 0x22);
        let namer = "lin-xiaohe";
        let next = picture(5, 20_000);
        town.done(namer, mine, &[("photos.F-1.p2", facts(&next, 5))], None);
        hand_in(&site, &town.handhelds[namer].token, &next, Some(mine));
        assert_eq!(hand_in(&site, &town.handhelds["chen-yifan"].token, &next, Some(mine)), 0);
        town.done("chen-yifan", other, &[("photos.F-1.p1", facts(&next, 5))], None);
        assert_eq!(counted(&town, other), (1, 0, 0), "named, and never handed in by him");
        assert_eq!(hand_in(&site, &town.handhelds["chen-yifan"].token, &next, Some(other)), 20_000);
        assert_eq!(counted(&town, other), (1, 1, 0));
    }

    fn an_original_is_handed_out_whole_or_in_part_as_it_was_and_the_audit_says_to_whom(site) {
        let town = Town::new(&site, &OFFICERS);
        let id = visit(&town, 0x30);
        let file = picture(4, 700_001);
        let digest = Digest::plain(&file);
        town.done("chen-yifan", id, &[("photos.F-1.p1", facts(&file, 5))], None);
        let path = format!("/api/v1/records/{id}/files/{digest}");
        let ask = |range: Option<&str>| {
            let request = site.get(&path).bearer_auth(&town.desks["reviewer"]);
            range.map_or(request.try_clone().unwrap(), |range| request.header("Range", range)).send().unwrap()
        };
        assert_eq!(ask(None).status(), 404, "named, and not here");
        hand_in(&site, &town.handhelds["chen-yifan"].token, &file, Some(id));
        let whole = ask(None);
        assert_eq!((whole.status().as_u16(), &whole.headers()["content-type"], &whole.headers()["content-disposition"]), (200, &"image/jpeg".parse().unwrap(), &"attachment".parse().unwrap()));
        assert_eq!((whole.headers()["x-content-type-options"].to_str().unwrap(), whole.content_length()), ("nosniff", Some(700_001)));
        assert!(whole.bytes().unwrap() == file);
        for (range, part) in [("bytes=0-9", &file[..10]), ("bytes=700000-", &file[700_000..]), ("bytes=-5", &file[699_996..]), ("bytes=300000-999999999", &file[300_000..])] {
            let answer = ask(Some(range));
            assert_eq!(answer.status(), 206, "{range}");
            let said = format!("bytes {}-{}/700001", file.len() - part.len() - if range == "bytes=0-9" { 699_991 } else { 0 }, if range == "bytes=0-9" { 9 } else { 700_000 });
            assert_eq!(answer.headers()["content-range"], said.as_str());
            assert!(answer.bytes().unwrap() == part, "{range}");
        }
        assert_eq!(ask(Some("bytes=700001-")).status(), 416);
        assert_eq!(ask(Some("bytes=5-2")).status(), 200, "what is no part is not asked for");
        let tagged = site.get(&path).bearer_auth(&town.desks["reviewer"]).header("If-None-Match", format!("\"{digest}\"")).send().unwrap();
        assert_eq!(tagged.status(), 304);
        let reads = site.audited("file.read").iter().filter(|entry| entry.object.contains(&digest.to_string())).count();
        assert!(reads >= 2, "{reads}");
    }

    fn a_lost_original_is_put_on_record_with_a_reason_and_taken_if_it_comes_after_all(site) {
        let town = Town::new(&site, &OFFICERS);
        let id = visit(&town, 0x40);
        let file = picture(5, 20_000);
        let digest = Digest::plain(&file);
        town.done("chen-yifan", id, &[("photos.F-1.p1", facts(&file, 5))], None);
        let path = format!("/api/v1/records/{id}/files/{digest}/lost");
        let reason = json!({ "reason": "执法终端落水，无法恢复" });
        assert_eq!(problem(town.post("reviewer", &path, &json!({ "reason": " " }))).0, 422);
        assert_eq!(problem(town.post("reviewer", &format!("/api/v1/records/{id}/files/{}/lost", Digest::plain(b"x")), &reason)).0, 404);
        assert_eq!(counted(&town, id), (1, 0, 0));
        let said: Json = ok(town.post("reviewer", &path, &reason));
        assert_eq!(said["written"]["disposition"]["state"], "applied");
        assert_eq!(ok::<Json>(town.post("reviewer", &path, &reason))["written"], Json::Null, "said once");
        assert_eq!(counted(&town, id), (1, 0, 1));
        let page = town.get("reviewer", &format!("/api/v1/records/{id}/files"));
        assert_eq!((&page["items"][0]["state"], &page["items"][0]["said"]["lost"]), (&json!("lost"), &reason["reason"]));
        hand_in(&site, &town.handhelds["chen-yifan"].token, &file, Some(id));
        assert_eq!(counted(&town, id), (1, 1, 0));
        assert!(received(&town.look(id).unwrap(), digest));
        assert_eq!(problem(town.post("reviewer", &path, &reason)), (409, "conflict".into()));
    }

    fn verify_reads_every_original_and_names_one_that_is_gone_or_exchanged(site) {
        use zhifa_server::verify::finding::Code;
        use zhifa_server::verify::{Options, verify};
        let town = Town::new(&site, &OFFICERS);
        let id = visit(&town, 0x50);
        let files = [picture(6, 30_000), picture(8, 600_000)];
        for (n, file) in files.iter().enumerate() {
            town.done("chen-yifan", id, &[(&format!("photos.F-1.p{n}"), facts(file, 5))], None);
            hand_in(&site, &town.handhelds["chen-yifan"].token, file, Some(id));
        }
        let options = Options { database: site.config.database.clone(), ..Options::local(site.config.data.clone()) };
        let codes = |options: &Options| verify(options).unwrap().findings.into_iter().filter(|f| matches!(f.code, Code::OriginalMissing | Code::OriginalAltered)).map(|f| (f.code, f.sentence)).collect::<Vec<_>>();
        assert!(codes(&options).is_empty() && verify(&options).unwrap().figures.originals == 2);
        let path = |file: &[u8]| {
            let name = hex::encode(Digest::plain(file).0);
            site.config.data.join("files/whole").join(&name[..2]).join(name)
        };
        let mut other = files[1].clone();
        other[500_000] ^= 1;
        std::fs::write(path(&files[1]), &other).unwrap();
        let found = codes(&options);
        assert!(found.len() == 1 && found[0].0 == Code::OriginalAltered && found[0].1.contains(&Digest::plain(&files[1]).to_string()), "{found:?}");
        assert!(codes(&Options { skip_originals: true, ..options.clone() }).is_empty());
        std::fs::remove_file(path(&files[0])).unwrap();
        assert_eq!(codes(&options).iter().map(|f| f.0).collect::<std::collections::BTreeSet<_>>(), [Code::OriginalMissing, Code::OriginalAltered].into());
        std::fs::remove_dir_all(site.config.data.join("files")).unwrap();
        assert_eq!(codes(&options).len(), 2, "a store that is gone is not made anew by looking");
        assert!(!site.config.data.join("files").exists());
    }
}
