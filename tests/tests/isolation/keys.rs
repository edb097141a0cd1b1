//! Programs with keys, among those who come to a route.

use cotenant_api::{Audience, routes};
use cotenant_domain::tenancy::Permission;
use cotenant_tests::{Client, TestServer, eventually};
use reqwest::Method;
use serde_json::json;

use crate::case::Case;
use crate::house::{House, send};
use crate::world::World;

/// What only people do, beside what needs no permission.
const PEOPLE_ONLY: [&str; 9] = [
    "create_service_account",
    "change_service_account",
    "delete_service_account",
    "grant_service_role",
    "revoke_service_role",
    "create_api_key",
    "rotate_api_key",
    "revoke_api_key",
    "invite",
];

/// A program of the other tenant.
pub(crate) const FOREIGN: &str = "a key of the other tenant";
/// A program of the first tenant.
pub(crate) const WITHOUT: &str = "a key without the permission";

/// Keys that are good, and keys that are not.
pub(crate) struct Keys {
    /// Of the first tenant, with the clerk's role.
    clerk: Client,
    /// Of the other tenant, with all that a program can hold.
    foreign: Client,
    /// Of the other tenant, with no role.
    bare: Client,
    /// Refused, each for a reason of its own.
    pub(crate) ended: Vec<(&'static str, Client)>,
}

impl Keys {
    /// Programs in two tenants; the first one's holds the clerk's role.
    pub(crate) async fn new(server: &TestServer, a: &House, b: &House, clerk_role: &str) -> Self {
        let clerk = used(server, a, "Clerk", Some(clerk_role)).await;
        let foreign = used(server, b, "Foreign", Some(&b.system_role("admin").await)).await;
        let bare = used(server, b, "Bare", None).await;
        let admin = a.system_role("admin").await;
        let mut ended = Vec::new();
        for who in ["a revoked key", "a key that ran out", "a key of a disabled account", "a key of a deleted account"]
        {
            let service = a.service(who).await;
            a.grant_service(&service, &admin, None).await;
            let (key, program) = a.key(server, &service).await;
            assert_eq!(program.get("/api/v1/tenant").await.status, 200, "{who}");
            let account = format!("/api/v1/service-accounts/{service}");
            let (method, path, body) = match who {
                "a revoked key" => (Method::DELETE, format!("{account}/keys/{key}"), None),
                "a key that ran out" => {
                    (Method::POST, format!("{account}/keys/{key}/rotate"), Some(json!({ "overlap_seconds": 0 })))
                }
                "a key of a disabled account" => (Method::PATCH, account, Some(json!({ "status": "disabled" }))),
                _ => (Method::DELETE, account, None),
            };
            let done = a.owner.send(method, &path, &[], body.map(|body| body.to_string())).await;
            assert!(done.status.is_success(), "{who}: {done:?}");
            ended.push((who, program));
        }
        let mut forged = clerk.clone();
        let (known, _) = clerk.token.as_ref().unwrap().rsplit_once('_').unwrap();
        forged.token = Some(format!("{known}_{}", "0".repeat(64)));
        ended.push(("a key with another secret", forged));
        Self { clerk, foreign, bare, ended }
    }
}

/// A program that has used its key, which was noted: from then on its requests write nothing of themselves.
async fn used(server: &TestServer, house: &House, name: &str, role: Option<&str>) -> Client {
    let service = house.service(name).await;
    if let Some(role) = role {
        house.grant_service(&service, role, None).await;
    }
    let (key, program) = house.key(server, &service).await;
    program.get("/api/v1/tenant").await;
    let path = format!("/api/v1/service-accounts/{service}/keys/{key}");
    eventually("the use is noted", async || house.owner.get(&path).await.body["last_used_at"].is_string()).await;
    program
}

/// Whether a program is refused whatever it holds.
pub(crate) fn people_only(case: &Case) -> bool {
    case.route.permission.is_none() || PEOPLE_ONLY.contains(&case.route.name())
}

/// What needs a permission that the domain says is for people is closed to programs here, and nothing else is wholly closed.
#[test]
fn permissions_for_people_are_those_whose_routes_are_all_closed_to_programs() {
    for permission in Permission::ALL {
        let mut routes = routes().into_iter().filter(|route| route.permission == Some(*permission)).peekable();
        let closed = routes.peek().is_some() && routes.all(|route| PEOPLE_ONLY.contains(&route.name()));
        assert_eq!(permission.is_for_people(), closed, "{permission}");
    }
}

/// Programs that hold too little, or hold it in the other tenant.
pub(crate) async fn meet_keys(world: &World, case: &Case) {
    let (request, keys) = (case.request(&case.ids), &world.keys);
    let refusal = match case.route.audience {
        // Whoever they are: see `ignore_tokens`.
        Audience::Public => return,
        Audience::Platform => Some((401, "unauthenticated")),
        _ if people_only(case) => Some((403, "people_only")),
        _ => None,
    };
    if let Some((status, code)) = refusal {
        world.refused(FOREIGN, &keys.foreign, &request, status, code).await;
        return world.refused(WITHOUT, &keys.clerk, &request, status, code).await;
    }
    world.refused(WITHOUT, &keys.clerk, &request, 403, "forbidden").await;
    if !case.ids.is_empty() {
        // See `foreign_program`.
        return;
    }
    if case.is_mutation() {
        return world.refused(FOREIGN, &keys.bare, &request, 403, "forbidden").await;
    }
    let answer = world.probe(FOREIGN, &keys.foreign, &request, &[]).await;
    assert_eq!(answer.raw, send(&world.b.owner, &request).await.raw, "{}: their own, and nothing else", case.name());
}

/// Who comes from the other tenant with its own objects and ours, where a program may do that at all.
pub(crate) fn foreign_program(world: &World, case: &Case) -> Option<(&'static str, Client)> {
    let may = case.route.audience == Audience::Tenant && !people_only(case);
    may.then(|| (FOREIGN, world.keys.foreign.clone()))
}

/// All programs, for routes that do not look who comes.
pub(crate) fn all(world: &World) -> Vec<(&'static str, Client)> {
    let good = [(FOREIGN, world.keys.foreign.clone()), (WITHOUT, world.keys.clerk.clone())];
    good.into_iter().chain(world.keys.ended.clone()).collect()
}

/// A program of a tenant that is suspended.
pub(crate) async fn meet_while_suspended(world: &World, case: &Case) {
    let (status, code) = match case.route.audience {
        Audience::Public => return,
        Audience::Platform => (401, "unauthenticated"),
        _ if people_only(case) => (403, "people_only"),
        _ => (403, "tenant_suspended"),
    };
    world.refused("a key of a suspended tenant", &world.keys.clerk, &case.request(&case.ids), status, code).await;
}

/// A program that holds everything reads what a member does who holds the same.
pub(crate) async fn let_in(world: &World, case: &Case) {
    if case.is_mutation() || people_only(case) {
        return;
    }
    let request = case.request(&case.ids);
    let answer = world.ask("a key with every permission", &world.keys.clerk, &request, &[]).await;
    assert_eq!((answer.status.as_u16(), &answer.raw), (case.answers, &send(&world.clerk, &request).await.raw));
}
