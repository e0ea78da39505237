//! Who somebody is in the back office: his roles, and how far his data reaches.

use serde::{Deserialize, Serialize};

/// What somebody may do (`domain.md` §1). Which routes a role opens stands in `access.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Role {
    /// 执法人员: works in the field.
    Officer,
    /// 辅助人员: helps under command; never counts towards two officers (浙江省综合行政执法条例 art 30).
    Auxiliary,
    /// 中队长: first approval and dispatch for a squad.
    SquadLeader,
    /// 科室负责人: first approval for an office.
    SectionHead,
    /// 法制审核员: legal review (行政处罚法 art 58); decides on the review queue.
    Reviewer,
    /// 机关负责人: approves filings and decisions.
    Head,
    /// 集体讨论成员 (行政处罚法 art 57).
    PanelMember,
    /// 听证主持人 (行政处罚法 art 64).
    HearingChair,
    /// 指导办调度员: merges plans and dispatches.
    Dispatcher,
    /// 部门联络员: claims for a department.
    Liaison,
    /// 执法监督员: reads everything, decides nothing (行政执法监督条例).
    Supervisor,
    /// 系统管理员: officers, organisation, catalogue, calendar, policies.
    SystemAdmin,
    /// 安全管理员: roles, scopes, suspension, devices, second factors.
    SecurityAdmin,
    /// 审计管理员: the audit, and nothing else.
    AuditAdmin,
}

impl Role {
    /// All of them.
    pub const ALL: &[Role] = &[
        Role::Officer,
        Role::Auxiliary,
        Role::SquadLeader,
        Role::SectionHead,
        Role::Reviewer,
        Role::Head,
        Role::PanelMember,
        Role::HearingChair,
        Role::Dispatcher,
        Role::Liaison,
        Role::Supervisor,
        Role::SystemAdmin,
        Role::SecurityAdmin,
        Role::AuditAdmin,
    ];

    /// What it is called: Chinese, English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Role::Officer => ("执法人员", "officer"),
            Role::Auxiliary => ("辅助人员", "auxiliary"),
            Role::SquadLeader => ("中队长", "squad leader"),
            Role::SectionHead => ("科室负责人", "section head"),
            Role::Reviewer => ("法制审核员", "reviewer"),
            Role::Head => ("机关负责人", "head"),
            Role::PanelMember => ("集体讨论成员", "panel member"),
            Role::HearingChair => ("听证主持人", "hearing chair"),
            Role::Dispatcher => ("指导办调度员", "dispatcher"),
            Role::Liaison => ("部门联络员", "liaison"),
            Role::Supervisor => ("执法监督员", "supervisor"),
            Role::SystemAdmin => ("系统管理员", "system administrator"),
            Role::SecurityAdmin => ("安全管理员", "security administrator"),
            Role::AuditAdmin => ("审计管理员", "audit administrator"),
        }
    }

    /// One of the three administrators, whose work is divided (GB/T 22239 level 3).
    pub fn is_admin(self) -> bool {
        matches!(self, Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin)
    }

    /// Whether he must log in with a second factor. Who only works in the field has his device's key instead.
    pub fn needs_second_factor(self) -> bool {
        !matches!(self, Role::Officer | Role::Auxiliary | Role::PanelMember | Role::HearingChair | Role::Liaison)
    }

    /// Whether he reads personal data unmasked, within his scope. Each such read is audited.
    pub fn reads_personal(self) -> bool {
        matches!(self, Role::Officer | Role::SquadLeader | Role::SectionHead | Role::Reviewer | Role::Head | Role::HearingChair | Role::Supervisor)
    }
}

/// Why these roles cannot be one person's.
pub fn incompatible(roles: &[Role]) -> Option<&'static str> {
    if roles.is_empty() || roles.len() > 6 {
        return Some("give one to six roles");
    }
    let mut sorted = roles.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() != roles.len() {
        return Some("a role stands twice");
    }
    if roles.len() > 1 && roles.iter().any(|r| r.is_admin()) {
        return Some("an administrator has that role alone: the three administrators are three people, and none of them does business");
    }
    if roles.len() > 1 && roles.contains(&Role::Supervisor) {
        return Some("a supervisor supervises and does nothing else");
    }
    if roles.contains(&Role::Officer) && roles.contains(&Role::Auxiliary) {
        return Some("an auxiliary is no officer (浙江省综合行政执法条例 art 30)");
    }
    None
}

/// How far somebody's data reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "level", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// What is his own.
    Own,
    /// His unit.
    Unit,
    /// A unit with all below it; his own if none is named.
    Subtree {
        /// The unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
    },
    /// All units that work in an area.
    Area {
        /// The area's code.
        of: String,
    },
    /// The whole district.
    District,
}

impl Scope {
    /// What somebody of these roles is given unless said otherwise.
    pub fn usual(roles: &[Role]) -> Scope {
        let has = |these: &[Role]| roles.iter().any(|r| r.is_admin() || these.contains(r));
        if has(&[Role::Supervisor, Role::Head, Role::Dispatcher, Role::Reviewer]) {
            Scope::District
        } else if has(&[Role::SquadLeader, Role::SectionHead]) {
            Scope::Subtree { of: None }
        } else {
            Scope::Unit
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_administrators_are_three_people() {
        for a in Role::ALL {
            assert_eq!(incompatible(&[*a]), None);
            for b in Role::ALL {
                let alone = a.is_admin() || b.is_admin() || *a == Role::Supervisor || *b == Role::Supervisor || a == b;
                let both = matches!((a, b), (Role::Officer, Role::Auxiliary) | (Role::Auxiliary, Role::Officer));
                assert_eq!(incompatible(&[*a, *b]).is_some(), alone || both, "{a:?} {b:?}");
            }
        }
        assert!(incompatible(&[]).is_some());
    }

    #[test]
    fn reviewers_and_administrators_need_a_second_factor() {
        for role in [Role::Reviewer, Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin, Role::Supervisor, Role::Head] {
            assert!(role.needs_second_factor());
        }
        assert!(!Role::Officer.needs_second_factor());
    }

    #[test]
    fn a_scope_is_written_as_it_is_read() {
        for text in [
            r#"{"level":"own"}"#,
            r#"{"level":"unit"}"#,
            r#"{"level":"subtree"}"#,
            r#"{"level":"subtree","of":"team"}"#,
            r#"{"level":"area","of":"nb-gaoxin"}"#,
            r#"{"level":"district"}"#,
        ] {
            let scope: Scope = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&scope).unwrap(), text);
        }
        assert!(serde_json::from_str::<Scope>(r#"{"level":"area"}"#).is_err());
    }
}
