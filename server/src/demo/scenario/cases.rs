//! Cases, the three documents and credit repair, at the desks.

use serde_json::{Value as Json, json};

use sync_core::base::Digest;

use super::stage::{Fields, Stage};
use crate::demo::Failure;
use crate::demo::handheld::picture;

/// The officers of the squad who handle cases.
const HANDLERS: [&str; 2] = ["chen-yifan", "lin-xiaohe"];
const HOUR: i64 = 3_600_000;
/// What is fined where the range allows it: a thousand yuan, in fen.
const USUAL_FEN: i64 = 100_000;
/// The signature of the party.
const PARTY: &str = "party";
/// Who signs for a firm.
const SIGNER: &str = "王建国";
/// Documents that reach a firm together (三书同达).
const TRIO: [&str; 3] = ["penalty_decision", "compliance_advice", "repair_notice"];

fn strokes(by: &str) -> Json {
    json!({ "by": by, "h": 300, "role": "当事人", "strokes": [[20, 40, 120, 260, 200, 60], [300, 50, 420, 240]], "w": 600 })
}

impl Stage<'_> {
    fn call(&mut self, role: &str, case: &str, call: &str, body: &Json) -> Result<Json, Failure> {
        self.by(role)?.call(&format!("/api/v1/cases/{case}/{call}"), body)
    }

    /// The opinions of a step: whoever submits it, and the head.
    fn approve(&mut self, case: &str, step: &str) -> Result<(), Failure> {
        for (role, voice) in [("squad_leader", "handler"), ("head", "head")] {
            self.call(role, case, "opinions", &json!({ "step": step, "voice": voice, "agrees": true, "text": "事实清楚，程序合法，拟同意" }))?;
        }
        Ok(())
    }

    /// What every case begins with: found today, two officers, a fact with its evidence, the party's rights told.
    fn clue(&mut self, key: &str, matter: &str, title: &str, facts: &str, signer: &str, party: Fields<'_>) -> Result<String, Failure> {
        let (now, today) = (self.now(), self.today());
        let recording = picture(key.bytes().fold(7, |sum, byte| sum * 31 + u64::from(byte)))?;
        let unit = self.officer(HANDLERS[0])?.unit;
        let area = self.people.area.code.clone();
        let mut fields = vec![
            ("act_date", json!(today)),
            ("area", json!(area)),
            ("clue", json!({ "fact": facts, "found_ms": now, "source": "inspection" })),
            ("elements.m1", json!({ "evidence": ["e1"], "fact": facts })),
            (
                "evidence.e1",
                json!({
                    "by": HANDLERS[0], "fact": facts, "kind": "audiovisual", "second": HANDLERS[1], "sha256": Digest::plain(&recording), "size": recording.len(), "taken_ms": now - HOUR,
                }),
            ),
            ("facts", json!(format!("{today}，{facts}"))),
            ("found_date", json!(today)),
            ("matter", json!(matter)),
            ("rights", json!({ "at_ms": now - HOUR, "signature": PARTY })),
            ("signatures.party", strokes(signer)),
            ("title", json!(title)),
            ("unit", json!(unit)),
        ];
        fields.extend(party.iter().cloned());
        let handlers: Vec<(String, Json)> = HANDLERS
            .iter()
            .zip(["lead", "officer"])
            .map(|(id, role)| self.officer(id).map(|o| (format!("handlers.{id}"), json!({ "certificate": o.certificate, "name": o.name, "role": role }))))
            .collect::<Result<_, _>>()?;
        fields.extend(handlers.iter().map(|(field, value)| (field.as_str(), value.clone())));
        let case = self.begin("squad_leader", "case", &fields)?;
        self.keep("case", key, case.clone())?;
        self.by("squad_leader")?.hand_in(&case, &recording)?;
        self.call("reviewer", &case, "evidence/e1/verify", &json!({ "excluded": false, "reason": "与原件核对一致" }))?;
        Ok(case)
    }

    /// A case of the general procedure against a firm: filed, inquired into, investigated.
    pub fn case(&mut self, key: &str, firm: &str, matter: &str, title: &str, facts: &str) -> Result<(), Failure> {
        let subject = self.record("firm", firm)?;
        let (name, uscc, address) = self.firms.get(firm).cloned().ok_or("no such firm")?;
        let party = [
            ("party.address", json!(address)),
            ("party.kind", json!("organisation")),
            ("party.legal_rep", json!(SIGNER)),
            ("party.name", json!(name)),
            ("party.phone", json!("13800000000")),
            ("party.subject", json!(subject)),
            ("party.uscc", json!(uscc)),
        ];
        let case = self.clue(key, matter, title, facts, SIGNER, &party)?;
        self.approve(&case, "file")?;
        self.act("head", &case, "file", &[])?;
        self.act("squad_leader", &case, "investigate", &[])?;
        let now = self.now();
        let inquiry = json!({
            "by": HANDLERS, "certificates_shown": true, "ended_ms": now - HOUR / 2, "id_no": "330203198001010011", "name": SIGNER, "place": "聚贤中队询问室",
            "qa": [{ "q": "对检查发现的情况有无异议？", "a": "没有异议，已安排整改。" }],
            "read_back": true, "relation": "法定代表人", "rights_told": true, "signature": PARTY, "started_ms": now - HOUR
        });
        self.write("squad_leader", &case, &[("inquiries.i1", inquiry)])?;
        self.act("squad_leader", &case, "conclude", &[]).map(drop)
    }

    /// The fine that the law allows and is usual, proposed with its clause.
    fn propose(&mut self, case: &str) -> Result<i64, Failure> {
        let asked = self.by("squad_leader")?.get(&format!("/api/v1/cases/{case}/penalty"))?;
        let bound = |member: &str| asked.pointer(&format!("/suggestion/band/{member}")).and_then(Json::as_i64);
        let (min, max) = bound("min").zip(bound("max")).ok_or_else(|| format!("the matter has no range of fines: {asked}"))?;
        let fen = USUAL_FEN.clamp(min, max.max(min));
        self.call("squad_leader", case, "penalty", &json!({ "kind": "fine", "amount_fen": fen, "reason": "初次违法，情节一般" }))?;
        Ok(fen)
    }

    /// Told, and the party waives its statement in writing (行政处罚法 44, 45, 62).
    fn told(&mut self, case: &str, fen: i64) -> Result<(), Failure> {
        let now = self.now();
        let told = json!({ "amount_fen": fen, "confiscation_fen": 0, "hearing_told": true, "kinds": ["fine"], "number": 1, "served_ms": now, "to": SIGNER, "way": "direct" });
        self.act("squad_leader", case, "pre_notice", &[("pre_notice", told)])?;
        self.write("squad_leader", case, &[("defence", json!({ "at_ms": now, "signature": PARTY, "waived": true }))])
    }

    /// Reviewed, told, decided.
    pub fn decide(&mut self, key: &str) -> Result<(), Failure> {
        let case = self.record("case", key)?;
        self.call("reviewer", &case, "reviews", &json!({ "which": "case", "outcome": "agree", "issues": "无", "opinion": "事实清楚，证据确凿" }))?;
        let fen = self.propose(&case)?;
        self.told(&case, fen)?;
        self.act("squad_leader", &case, "close_defence", &[])?;
        self.approve(&case, "decide")?;
        self.act("head", &case, "decide", &[]).map(drop)
    }

    /// Decision, advice and notice are drawn up and handed over with one receipt; the decision is published; the firm pays and corrects.
    pub fn serve(&mut self, key: &str, measures: &[String]) -> Result<(), Failure> {
        let (case, now) = (self.record("case", key)?, self.now());
        let menu = self.by("squad_leader")?.get(&format!("/api/v1/cases/{case}/advice"))?;
        let choices: Vec<Json> = menu.pointer("/menu/0/item").map(|item| json!({ "item": item, "causes": [0], "measures": [0], "checks": [0] })).into_iter().collect();
        let follow_up = sync_core::base::date::day_of(sync_core::base::UtcMs(now + 90 * 24 * HOUR)).map(|day| day.to_string());
        self.call("squad_leader", &case, "advice", &json!({ "choices": choices, "measures": measures, "follow_up": follow_up }))?;
        let mut documents = Vec::new();
        for sort in TRIO {
            let made = self.by("squad_leader")?.call(&format!("/api/v1/records/{case}/documents"), &json!({ "type": sort }))?;
            documents.push(made.get("id").cloned().ok_or("a document has no id")?);
        }
        let service = json!({ "decision": true, "documents": documents, "received_ms": now, "signature": PARTY, "to": SIGNER, "way": "direct" });
        self.call("squad_leader", &case, "services", &service)?;
        self.finish(key, &case)
    }

    /// What was served is published, paid, corrected, closed with the head's approval, and its file put into the archive.
    fn finish(&mut self, key: &str, case: &str) -> Result<(), Failure> {
        let (now, today) = (self.now(), self.today());
        self.by("reviewer")?.call(&format!("/api/v1/cases/{case}/publication"), &json!({}))?;
        let fen = self.field("squad_leader", case, "penalty")?.get("amount_fen").and_then(Json::as_i64).ok_or("the case has no fine")?;
        self.call("squad_leader", case, "payments", &json!({ "receipt": format!("R-{key}"), "amount_fen": fen, "day": today, "for": "fine", "way": "bank" }))?;
        self.act("reviewer", case, "perform", &[("performed", json!({ "corrected": true, "done_ms": now, "paid_fen": fen }))])?;
        self.approve(case, "close")?;
        self.act("head", case, "close", &[])?;
        self.by("squad_leader")?.call(&format!("/api/v1/records/{case}/dossier"), &json!({}))?;
        self.call("reviewer", case, "archive", &json!({})).map(drop)
    }

    /// The firm applies with the squad's help; another accepts and reviews it, the head decides, the credit site confirms.
    pub fn repair(&mut self, key: &str) -> Result<(), Failure> {
        let case = self.record("case", key)?;
        let way = self.by("squad_leader")?.get(&format!("/api/v1/cases/{case}/follow-up"))?;
        let repair = way.get("repair").and_then(Json::as_str).ok_or_else(|| format!("case `{key}` has no credit record to repair: {way}"))?.to_owned();
        let shown = self.by("squad_leader")?.get(&format!("/api/v1/repairs/{repair}"))?;
        let needed = shown.get("materials").or_else(|| shown.pointer("/reckoned/materials")).and_then(Json::as_array).cloned().unwrap_or_default();
        let material = |kind: &Json| kind.as_str().map(|kind| json!({ "kind": kind, "mime": "application/pdf", "name": format!("{kind}.pdf"), "sha256": "aa", "size": 1000 }));
        let materials: Vec<Json> = needed.iter().filter_map(material).collect();
        let application = json!({ "commitment": "我单位承诺依法经营，不再违反", "contact": "李四", "materials": materials, "phone": "13800000000", "public": true });
        for (role, call, body) in [
            ("squad_leader", "apply", application),
            ("reviewer", "accept", json!({})),
            ("reviewer", "review", json!({})),
            ("head", "decide", json!({ "approved": true })),
            ("reviewer", "synced", json!({ "receipt": format!("XYXF-{key}") })),
        ] {
            self.by(role)?.call(&format!("/api/v1/repairs/{repair}/{call}"), &body)?;
        }
        Ok(())
    }

    /// A case for fast handling: offered, consented to, filed and begun by the head (`domain.md` §6).
    pub fn fast_case(&mut self, key: &str, matter: &str, name: &str, id_no: &str, address: &str, facts: &str) -> Result<(), Failure> {
        let party =
            [("party.address", json!(address)), ("party.condition", json!("none")), ("party.id_no", json!(id_no)), ("party.kind", json!("citizen")), ("party.name", json!(name))];
        let case = self.clue(key, matter, &format!("{name}案"), facts, name, &party)?;
        self.call("squad_leader", &case, "fast/offer", &json!({ "facts_disputed": false, "impact": false, "joint_offenders": false, "needs_appraisal": false }))?;
        self.call("squad_leader", &case, "fast/consent", &json!({ "signature": PARTY }))?;
        self.approve(&case, "run_fast")?;
        self.call("head", &case, "fast/run", &json!({})).map(drop)
    }

    /// Told, decided, served and finished: nothing of it is skipped (行政处罚法 44, 45).
    pub fn fast_decide(&mut self, key: &str) -> Result<(), Failure> {
        let (case, now) = (self.record("case", key)?, self.now());
        let fen = self.propose(&case)?;
        self.told(&case, fen)?;
        self.approve(&case, "decide")?;
        self.act("head", &case, "decide", &[])?;
        self.by("squad_leader")?.call(&format!("/api/v1/records/{case}/documents"), &json!({ "type": TRIO[0] }))?;
        let party = self.field("squad_leader", &case, "party.name")?;
        self.act("squad_leader", &case, "serve", &[("served", json!({ "received_ms": now, "signature": PARTY, "to": party, "way": "direct" }))])?;
        self.finish(key, &case)
    }
}
