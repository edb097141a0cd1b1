//! Operators with support grants, among those who come to a route.

use cotenant_api::Audience;
use cotenant_domain::tenancy::Permission;
use cotenant_tests::{Client, TestServer, eventually};
use serde_json::json;

use crate::case::Case;
use crate::house::{House, send};
use crate::keys::people_only;
use crate::world::World;

/// An operator with access to the other tenant.
pub(crate) const FOREIGN: &str = "support of the other tenant";
/// An operator who reads in the first tenant.
pub(crate) const READING: &str = "support that may read";

/// What a grant that may write gives besides; of everything else that writes it gives nothing.
const WRITES: [Permission; 8] = [
    Permission::TenantUpdate,
    Permission::StoresCreate,
    Permission::StoresUpdate,
    Permission::StoresDelete,
    Permission::ProductsCreate,
    Permission::ProductsUpdate,
    Permission::ProductsDelete,
    Permission::JobsManage,
];

/// Operators under grants.
pub(crate) struct Support {
    /// In the first tenant, to read.
    reading: Client,
    /// In the other tenant, to write as well.
    foreign: Client,
    /// In the other tenant, to read.
    foreign_reading: Client,
}

impl Support {
    /// Three grants of the operator's.
    pub(crate) async fn new(server: &TestServer, operator: &Client, a: &House, b: &House) -> Self {
        Self {
            reading: used(server, operator, a, false).await,
            foreign: used(server, operator, b, true).await,
            foreign_reading: used(server, operator, b, false).await,
        }
    }
}

/// An operator who has used their grant, which was noted: from then on its requests write nothing of themselves.
async fn used(server: &TestServer, operator: &Client, house: &House, may_write: bool) -> Client {
    let path = format!("/api/v1/platform/tenants/{}/support-grants", house.tenant);
    let body = json!({ "reason": "Ticket 4711", "duration_minutes": 480, "may_write": may_write });
    let made = operator.post(&path, body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let client = Client::new(&server.base, Some(made.text("token")));
    assert_eq!(client.get("/api/v1/tenant").await.status, 200);
    let noted = async || {
        let grants = house.owner.get("/api/v1/support-grants?limit=100").await.body["data"].clone();
        grants.as_array().unwrap().iter().any(|g| g["id"] == made.body["id"] && g["last_used_at"].is_string())
    };
    eventually("the use is noted", noted).await;
    client
}

/// Whether a route only shows what a grant shows: an export leaves its own trace besides.
fn shows(case: &Case) -> bool {
    case.route.audience == Audience::Tenant && case.route.method.as_str() == "GET" && !people_only(case)
}

fn is_export(case: &Case) -> bool {
    case.route.name() == "export_audit_events"
}

/// Where support is refused whatever its grant says.
fn closed(case: &Case) -> Option<(u16, &'static str)> {
    let permission = case.route.permission;
    match case.route.audience {
        Audience::Platform => Some((401, "unauthenticated")),
        _ if people_only(case) => Some((403, "people_only")),
        _ if shows(case) || permission.is_some_and(|permission| WRITES.contains(&permission)) => None,
        _ => Some((403, "forbidden")),
    }
}

/// Support that holds too little, or holds it in the other tenant.
pub(crate) async fn meet(world: &World, case: &Case) {
    if case.route.audience == Audience::Public {
        // Whoever they are: see `ignore_tokens`.
        return;
    }
    let (request, support) = (case.request(&case.ids), &world.support);
    if let Some((status, code)) = closed(case) {
        world.refused(FOREIGN, &support.foreign, &request, status, code).await;
        return world.refused(READING, &support.reading, &request, status, code).await;
    }
    if !shows(case) {
        world.refused(READING, &support.reading, &request, 403, "forbidden").await;
        return world.refused(FOREIGN, &support.foreign_reading, &request, 403, "forbidden").await;
    }
    if case.ids.is_empty() && !is_export(case) {
        // Where it names something, see `foreign`.
        let answer = world.probe(FOREIGN, &support.foreign, &request, &[]).await;
        assert_eq!(
            answer.raw,
            send(&world.b.owner, &request).await.raw,
            "{}: their own, and nothing else",
            case.name()
        );
    }
}

/// Who comes from the other tenant with its objects and ours, where support may do that at all.
pub(crate) fn foreign(world: &World, case: &Case) -> Option<(&'static str, Client)> {
    let may = case.route.audience == Audience::Tenant && closed(case).is_none();
    may.then(|| (FOREIGN, world.support.foreign.clone()))
}

/// All of them, for routes that do not look who comes.
pub(crate) fn all(world: &World) -> [(&'static str, Client); 2] {
    [(FOREIGN, world.support.foreign.clone()), (READING, world.support.reading.clone())]
}

/// In a suspended tenant support reads, and is the only one who does.
pub(crate) async fn meet_while_suspended(world: &World, case: &Case) {
    if case.route.audience == Audience::Public || is_export(case) {
        return;
    }
    let (request, reading) = (case.request(&case.ids), &world.support.reading);
    if shows(case) {
        let answer = world.ask(READING, reading, &request, &[]).await;
        assert_eq!(answer.status.as_u16(), case.answers, "{}: {answer:?}", case.name());
        return;
    }
    let (status, code) = closed(case).unwrap_or((403, "forbidden"));
    world.refused(READING, reading, &request, status, code).await;
}

/// Support that reads sees what a member sees who holds everything.
pub(crate) async fn let_in(world: &World, case: &Case) {
    if !shows(case) {
        return;
    }
    let request = case.request(&case.ids);
    let answer = world.ask(READING, &world.support.reading, &request, &[]).await;
    assert_eq!(answer.status.as_u16(), case.answers, "{}: {answer:?}", case.name());
    if !is_export(case) {
        assert_eq!(answer.raw, send(&world.clerk, &request).await.raw, "{}", case.name());
    }
}

/// In the other tenant, an export is of its own log.
pub(crate) async fn let_the_other_in(world: &World, twin: &Case) {
    if is_export(twin) {
        let answer = world.ask(FOREIGN, &world.support.foreign, &twin.request(&twin.ids), &[]).await;
        assert_eq!(answer.status.as_u16(), twin.answers, "{answer:?}");
        assert!(answer.raw.contains(&world.b.tenant) && !answer.raw.contains(&world.a.tenant), "{answer:?}");
    }
}
