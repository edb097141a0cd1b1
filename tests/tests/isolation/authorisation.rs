//! Who may do what, as a table that people can read: `docs/authorisation.md`.
//!
//! Nothing in it is computed from the rules. For every route that needs a permission, everybody sends a valid request for
//! real objects over HTTP, and the table holds what was answered. A change of it has to be made in the file, where it is
//! seen: `COTENANT_TEST_BLESS=1` writes it anew.

use std::path::Path;

use cotenant_api::routes;
use cotenant_domain::tenancy::Reach;
use cotenant_tests::{Answer, Client, FreshDatabase, on_both_databases};
use serde_json::json;

use crate::case::Case;
use crate::house::{House, all_permissions, column, send};
use crate::table::cases;
use crate::world::World;

on_both_databases! {
    everybody_may_do_what_the_table_says;
}

/// Somebody: one of the fixed roles, and where it is held.
struct Holder {
    title: &'static str,
    role: Option<&'static str>,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Tenant,
    /// At the store that the request concerns.
    Store,
    /// At another one.
    Elsewhere,
}

const HOLDERS: [Holder; 8] = [
    Holder { title: "owner", role: Some("owner"), place: Place::Tenant },
    Holder { title: "admin", role: Some("admin"), place: Place::Tenant },
    Holder { title: "member", role: Some("member"), place: Place::Tenant },
    Holder { title: "no role", role: None, place: Place::Tenant },
    Holder { title: "owner at the store", role: Some("owner"), place: Place::Store },
    Holder { title: "admin at the store", role: Some("admin"), place: Place::Store },
    Holder { title: "member at the store", role: Some("member"), place: Place::Store },
    Holder { title: "owner at another", role: Some("owner"), place: Place::Elsewhere },
];

const INTRODUCTION: &str = "\
# Who may do what

Every route that needs a permission, and what is answered to whom: the fixed roles, held in the whole tenant or at single stores. A test sends each request over HTTP on both databases and compares
the answers with this table; `COTENANT_TEST_BLESS=1 make test` writes it anew, and its change is to be reviewed like code.

Two columns are of a role made for the test and held in the whole tenant. **it alone** holds the one permission and nothing else; where that is refused, because rights are given or taken and nobody
gives or takes what they do not hold, the cell names what must be held besides. **all but it** holds every permission there is but that one, or but one of those named besides.

- **yes**: done. **own**: done, and only the stores where the permission is held are seen.
- **403**: the permission is held nowhere in the tenant, or not where this needs it. **404**: it is held, but not at this store: the object does not exist for them.

";

// Attacks: 10.
async fn everybody_may_do_what_the_table_says(database: FreshDatabase) {
    let world = World::new(database).await;
    let mut rows = sufficient(&world).await;
    for holder in &HOLDERS {
        for (row, answer) in rows.iter_mut().zip(answers(&world, holder).await) {
            row.push(answer);
        }
    }
    world.server.stop().await;
    compare(&(INTRODUCTION.to_owned() + &table(&rows)));
}

async fn house_of(world: &World, title: &str) -> House {
    let slug = format!("house-of-{}", title.replace(' ', "-"));
    House::of(world.server.tenant(&slug, &format!("owner@{slug}.example")).await).await
}

/// Of each route the request, its permission, and what is answered to who holds it alone, and to who holds all but it.
async fn sufficient(world: &World) -> Vec<Vec<String>> {
    let house = house_of(world, "one permission").await;
    let role = house.role("Holder", &all_permissions()).await;
    let (client, _) = house.member(&world.server, "holder", &[&role]).await;
    let path = format!("/api/v1/roles/{role}");
    let holding = async |held: &[&str], case: &Case| {
        let changed = house.owner.patch(&path, json!({ "permissions": held })).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        cell(&house, &client, case).await
    };
    let mut rows = Vec::new();
    for route in routes().into_iter().filter(|route| route.permission.is_some()) {
        for case in cases(world, &house, &route).await {
            let own = route.permission.map(|permission| permission.code()).unwrap_or_default();
            let needed = [&[own], case.gives].concat();
            let mut without = Vec::new();
            for code in &needed {
                let mut held = all_permissions();
                held.retain(|held| held != code);
                without.push(holding(&held, &case).await);
            }
            without.dedup();
            let mut alone = holding(&[own], &case).await;
            if alone != "yes" && !case.gives.is_empty() {
                assert_eq!(holding(&needed, &case).await, "yes", "{} with {needed:?}", case.name());
                let besides: Vec<_> = case.gives.iter().map(|code| format!("`{code}`")).collect();
                alone = format!("with {}", besides.join(", "));
            }
            let [request, permission] = named(&case);
            rows.push(vec![request, permission, alone, without.join(" or ")]);
        }
    }
    rows
}

/// What somebody is answered at each route.
async fn answers(world: &World, holder: &Holder) -> Vec<String> {
    let house = house_of(world, holder.title).await;
    let role = match holder.role {
        Some(key) => Some(house.system_role(key).await),
        None => None,
    };
    let everywhere: Vec<_> = role.iter().filter(|_| holder.place == Place::Tenant).map(String::as_str).collect();
    let (client, user) = house.member(&world.server, "holder", &everywhere).await;
    let mut answers = Vec::new();
    for route in routes().into_iter().filter(|route| route.permission.is_some()) {
        for case in cases(world, &house, &route).await {
            if let Some(role) = &role {
                grant(&house, &user, role, holder.place, &case).await;
            }
            answers.push(cell(&house, &client, &case).await);
        }
    }
    answers
}

async fn grant(house: &House, user: &str, role: &str, place: Place, case: &Case) {
    let concerned = case.ids.get("store_id").unwrap_or(&house.here);
    match place {
        Place::Tenant => {}
        Place::Elsewhere => house.grant(user, role, Some(&house.there)).await,
        // A deleted store, which is to be restored, is one where nothing is held.
        Place::Store if case.route.name() == "restore_store" => house.grant(user, role, Some(&house.here)).await,
        Place::Store => house.grant(user, role, Some(concerned)).await,
    }
}

fn named(case: &Case) -> [String; 2] {
    let permission = case.route.permission.map(|permission| permission.code()).unwrap_or_default();
    let body = case.ids.keys().filter(|name| !case.is_in_address(name));
    let body: Vec<_> = body.map(|name| format!("`{name}`")).collect();
    let within = if body.is_empty() { String::new() } else { format!(" with {}", body.join(", ")) };
    [format!("`{}`{within}", case.name().replace("/api/v1", "")), format!("`{permission}`")]
}

async fn cell(house: &House, client: &Client, case: &Case) -> String {
    let request = case.request(&case.ids);
    let answer = send(client, &request).await;
    match answer.status.as_u16() {
        200..300 if sees_less(house, case, &answer).await => "own".to_owned(),
        200..300 => "yes".to_owned(),
        status => status.to_string(),
    }
}

/// Whether a list of what belongs to stores shows less than the owner sees.
async fn sees_less(house: &House, case: &Case, answer: &Answer) -> bool {
    let of_stores = case.route.permission.is_some_and(|permission| permission.reach() == Reach::Store);
    if !of_stores || !answer.body["data"].is_array() {
        return false;
    }
    let all = send(&house.owner, &case.request(&case.ids)).await;
    column(answer, "id").len() < column(&all, "id").len()
}

fn table(rows: &[Vec<String>]) -> String {
    let mut head = ["request", "permission", "it alone", "all but it"].map(str::to_owned).to_vec();
    head.extend(HOLDERS.map(|holder| holder.title.to_owned()));
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    rows.iter().fold(line(&head) + &rule, |text, row| text + &line(row))
}

fn compare(now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/authorisation.md");
    if std::env::var_os("COTENANT_TEST_BLESS").is_some() {
        std::fs::write(&file, now).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    let changed: Vec<_> = now.lines().filter(|line| !golden.lines().any(|known| known == *line)).collect();
    assert!(golden == now, "docs/authorisation.md says something else; now:\n{}", changed.join("\n"));
}
