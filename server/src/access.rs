//! Who may do what. A handler reaches the program's parts only through [`Access`], whose type names a permission.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use sync_core::base::{DeviceId, OfficerId};
use sync_core::district::DeviceState;

use crate::app::App;
use crate::base::problem::Problem;
use crate::base::token::{Bad, Claims, DeviceClaims, UserClaims};
use crate::org::Role;
use crate::org::reach::Reach;

/// The program's parts as actix keeps them; the field is private to this module.
pub struct Held(Arc<App>);

/// Puts the parts where only [`Access`] finds them.
pub fn hold(app: Arc<App>) -> web::Data<Held> {
    web::Data::new(Held(app))
}

/// A permission: who is let in, and as whom.
pub trait Permission: 'static {
    /// Who was let in.
    type Actor: 'static;
    /// Its name in the list of routes.
    const NAME: &'static str;
    /// Lets somebody in by his bearer token, or says why not.
    fn admit(app: &App, bearer: Option<&str>) -> Result<Self::Actor, Problem>;
}

/// The program's parts, for somebody who holds permission `P`.
pub struct Access<P: Permission> {
    /// The parts.
    pub app: Arc<App>,
    /// Who asks.
    pub actor: P::Actor,
}

impl<P: Permission> FromRequest for Access<P> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(held) = request.app_data::<web::Data<Held>>() else {
            return ready(Err(Problem::internal("the parts are not where they belong")));
        };
        let bearer = request.headers().get(AUTHORIZATION).and_then(|h| h.to_str().ok()).and_then(|h| h.strip_prefix("Bearer "));
        ready(P::admit(&held.0, bearer).map(|actor| Access { app: held.0.clone(), actor }))
    }
}

fn claims<C: Claims>(app: &App, bearer: Option<&str>) -> Result<C, Problem> {
    let Some(token) = bearer else { return Err(Problem::new("unauthorized", "send Authorization: Bearer with a token")) };
    app.tokens.read(token, app.now()).map_err(|bad| match bad {
        Bad::Expired => Problem::new("token_expired", "get a new token"),
        Bad::Invalid => Problem::new("unauthorized", "the token is not one of this server for this use; get a new one"),
    })
}

/// Everybody, token or not.
pub struct Public;

impl Permission for Public {
    type Actor = ();
    const NAME: &'static str = "public";
    fn admit(_: &App, _: Option<&str>) -> Result<(), Problem> {
        Ok(())
    }
}

/// An enrolled device, revoked or not: it may always hand in its work.
pub struct DeviceWrites;

impl Permission for DeviceWrites {
    type Actor = DeviceId;
    const NAME: &'static str = "device";
    fn admit(app: &App, bearer: Option<&str>) -> Result<DeviceId, Problem> {
        claims::<DeviceClaims>(app, bearer).map(|c| c.sub)
    }
}

/// An enrolled device that may read: not revoked, and its officer not suspended.
pub struct DeviceReads;

impl Permission for DeviceReads {
    type Actor = DeviceId;
    const NAME: &'static str = "device, not revoked";
    fn admit(app: &App, bearer: Option<&str>) -> Result<DeviceId, Problem> {
        let device = claims::<DeviceClaims>(app, bearer)?.sub;
        let known = app.live.device(device);
        if known.as_ref().is_some_and(|d| d.state == DeviceState::Revoked) {
            return Err(Problem::new("device_revoked", "deliver what is pending; nothing can be fetched any more"));
        }
        if known.and_then(|d| app.live.officer(&d.officer)).is_some_and(|o| o.suspended) {
            return Err(Problem::new("forbidden", "the officer is suspended; deliver what is pending"));
        }
        Ok(device)
    }
}

/// Whoever may hand files in: an enrolled device, revoked or not, and people who write. Files are their officer's, by whichever way.
pub struct Uploads;

impl Permission for Uploads {
    type Actor = OfficerId;
    const NAME: &'static str = "device, or writes records";
    fn admit(app: &App, bearer: Option<&str>) -> Result<OfficerId, Problem> {
        match claims::<DeviceClaims>(app, bearer) {
            Ok(device) => app.live.device(device.sub).map(|known| known.officer).ok_or_else(|| Problem::new("unauthorized", "this server knows no such device; enrol it")),
            Err(problem) if problem.code() == "token_expired" => Err(problem),
            Err(_) => Writes::admit(app, bearer).map(|user| user.officer),
        }
    }
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct UserActor {
    /// Who.
    pub officer: OfficerId,
    /// What he may do, as of now and not of when he logged in.
    pub roles: Vec<Role>,
    /// Which units' data he reaches, as of today.
    pub reach: Reach,
}

impl UserActor {
    /// Who he is in the audit.
    pub fn name(&self) -> String {
        format!("officer:{}", self.officer)
    }

    /// Whether personal data within his reach is shown to him unmasked.
    pub fn reads_personal(&self) -> bool {
        self.roles.iter().any(|r| r.reads_personal())
    }
}

fn user(app: &App, officer: OfficerId, any_of: &[Role]) -> Result<UserActor, Problem> {
    let known = app.live.officer(&officer).ok_or_else(|| Problem::new("unauthorized", "the account is no more; log in again"))?;
    if known.suspended {
        return Err(Problem::new("forbidden", "the account is suspended"));
    }
    if !any_of.is_empty() && !known.roles.iter().any(|r| any_of.contains(r)) {
        return Err(Problem::new("forbidden", "your roles do not permit this; ask an administrator"));
    }
    let reach = Reach::of(app, &officer, &known);
    Ok(UserActor { officer, roles: known.roles, reach })
}

/// A permission of people.
pub trait People: Permission<Actor = UserActor> {
    /// Its name in the list of routes, for a page that a browser shows to whoever is logged in there.
    const PAGE: &'static str;
    /// Its name in the list of routes, for a form of such a page.
    const FORM: &'static str;
    /// Lets somebody in who has shown who he is, or says why not.
    fn admit_user(app: &App, officer: OfficerId) -> Result<UserActor, Problem>;
}

/// Declares permissions of people: whoever has one of the roles is let in.
macro_rules! people {
    ($($(#[$doc:meta])* $name:ident = $text:literal [$($role:ident),*];)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl Permission for $name {
            type Actor = UserActor;
            const NAME: &'static str = $text;
            fn admit(app: &App, bearer: Option<&str>) -> Result<UserActor, Problem> {
                Self::admit_user(app, claims::<UserClaims>(app, bearer)?.sub)
            }
        }

        impl People for $name {
            const PAGE: &'static str = concat!("page: ", $text);
            const FORM: &'static str = concat!("form: ", $text);
            fn admit_user(app: &App, officer: OfficerId) -> Result<UserActor, Problem> {
                user(app, officer, Self::ROLES)
            }
        }

        impl $name {
            /// The roles that it takes; none named means that everybody who is logged in has it.
            pub const ROLES: &'static [Role] = &[$(Role::$role),*];
        }
    )*

        /// All permissions of people with their roles, for the test that walks every route as every role.
        pub const PEOPLE: &[(&str, &[Role])] = &[$(($text, $name::ROLES)),*];
    };
}

people! {
    /// Anybody who is logged in.
    AnyUser = "any user" [];
    /// Reads records within his scope: everybody who works on them, and the supervisor, who reads everything. Who does
    /// not need what is personal in them sees it masked.
    ReadsRecords = "reads records" [Officer, SquadLeader, SectionHead, Reviewer, Head, PanelMember, HearingChair, Dispatcher, Liaison, Supervisor];
    /// Reads the review queue and changes as they were signed: those who decide, and the supervisor.
    ReadsQueue = "reads the queue" [Reviewer, SquadLeader, SectionHead, Head, Supervisor];
    /// Decides on records, contested fields and quarantine.
    Reviews = "reviews" [Reviewer, SquadLeader, SectionHead, Head];
    /// Begins records, edits them, performs acts; which, says `record::who`.
    Writes = "writes records" [Officer, SquadLeader, SectionHead, Reviewer, Head, PanelMember, HearingChair, Dispatcher, Liaison];
    /// 指导办调度员: matches plans, dispatches.
    Dispatches = "dispatches" [Dispatcher];
    /// Speaks about proposals of a matching: the guidance office, and the departments for themselves.
    CoordinatesPlans = "coordinates plans" [Dispatcher, Liaison, SectionHead, Head];
    /// 系统管理员: officers, organisation, catalogue, calendar, policies.
    SystemAdmin = "system administrator" [SystemAdmin];
    /// 安全管理员: roles, scopes, suspension, codes, devices, second factors.
    SecurityAdmin = "security administrator" [SecurityAdmin];
    /// Sees who is there and with which devices: both administrators, leaders and the supervisor, each within his scope.
    ReadsPeople = "reads people" [SystemAdmin, SecurityAdmin, Supervisor, Head, SquadLeader, SectionHead, Dispatcher];
    /// Searches the audit: 审计管理员 and the supervisor.
    ReadsAudit = "reads the audit" [AuditAdmin, Supervisor];
}
