//! How a valid request of each route is made, for real objects of a tenant.

use std::slice;

use cotenant_api::Route;
use cotenant_tests::server::{BOOTSTRAP_SECRET, PASSWORD};
use serde_json::json;

use crate::case::Case;
use crate::house::{House, product, store};
use crate::world::World;

/// The cases of a route in a tenant; their objects are made here, and are nobody else's. Made in two tenants, all but the
/// ids is the same.
pub(crate) async fn cases(world: &World, house: &House, route: &Route) -> Vec<Case> {
    let case = Case::of(route);
    let at_here = case.clone().with("store_id", &house.here);
    match route.name() {
        "list_stores"
        | "view_own_tenant"
        | "view_usage"
        | "list_permissions"
        | "list_roles"
        | "list_members"
        | "list_invitations"
        | "list_audit_events"
        | "list_jobs"
        | "list_service_accounts"
        | "me"
        | "list_support_grants"
        | "list_sessions" => vec![case],
        "export_audit_events" => vec![case.asks("?format=jsonl")],
        "open_store" => vec![case.sends(store("OPEN")).answers(201)],
        "view_store" => vec![case.with("store_id", house.store("VIEW").await)],
        "change_store" => vec![case.with("store_id", house.store("CHANGE").await).sends(json!({ "name": "Changed" }))],
        "delete_store" => vec![case.with("store_id", house.store("DELETE").await)],
        "restore_store" => {
            let id = house.store("RESTORE").await;
            house.delete(&format!("/api/v1/stores/{id}")).await;
            vec![case.with("store_id", id)]
        }

        "list_products" => vec![at_here],
        "create_product" => vec![at_here.sends(product("CREATE")).answers(201)],
        "view_product" => vec![at_here.with("product_id", house.product(&house.here, "VIEW").await)],
        "change_product" => {
            let id = house.product(&house.here, "CHANGE").await;
            vec![at_here.with("product_id", id).sends(json!({ "stock": 7 }))]
        }
        "delete_product" => vec![at_here.with("product_id", house.product(&house.here, "DELETE").await)],
        "restore_product" => {
            let id = house.product(&house.here, "RESTORE").await;
            house.delete(&format!("/api/v1/stores/{}/products/{id}", house.here)).await;
            vec![at_here.with("product_id", id)]
        }

        "change_own_tenant" => vec![case.sends(json!({ "name": "Renamed" }))],

        "create_role" => {
            let body = json!({ "name": "Created", "permissions": ["stores.read"] });
            vec![case.sends(body).answers(201).gives(&["stores.read"])]
        }
        "view_role" => vec![case.with("role_id", house.role("View", &["stores.read"]).await)],
        "change_role" => {
            let id = house.role("Change", &["stores.read"]).await;
            let case = case.with("role_id", id).gives(&["stores.read", "products.read"]);
            vec![case.sends(json!({ "permissions": ["products.read"] }))]
        }
        "preview_role" => {
            let id = house.role("Preview", &["stores.read"]).await;
            house.member(&world.server, "previewed", &[&id]).await;
            house.grant_service(&house.service("Previewed").await, &id, None).await;
            let case = case.with("role_id", &id);
            let case = case.gives(&["members.read", "service_accounts.read", "stores.read", "products.read"]);
            vec![case.sends(json!({ "permissions": ["products.read"] }))]
        }
        "explain_access" => {
            let role = house.role("Explain", &["products.read"]).await;
            let (_, user) = house.member(&world.server, "explain", &[&role]).await;
            house.grant(&user, &role, Some(&house.here)).await;
            let of_another = case.clone().with("user_id", user).with("store_id", &house.here);
            let service = house.service("Explain").await;
            house.grant_service(&service, &role, Some(&house.here)).await;
            let of_program = case.clone().with("service_account_id", service).with("store_id", &house.here);
            vec![
                case.asks("?permission=products.read"),
                of_another.asks("?permission=products.read&user={user_id}&store={store_id}"),
                of_program.asks("?permission=products.read&service_account={service_account_id}&store={store_id}"),
            ]
        }
        "delete_role" => {
            vec![case.with("role_id", house.role("Delete", &["stores.read"]).await).gives(&["stores.read"])]
        }

        "view_member" => vec![case.with("user_id", house.member(&world.server, "view", &[]).await.1)],
        "change_member" => {
            let (_, user) = house.member(&world.server, "change", &[]).await;
            vec![case.with("user_id", user).sends(json!({ "status": "suspended" }))]
        }
        "remove_member" => {
            vec![case.with("user_id", house.member(&world.server, "remove", &[]).await.1).answers(204)]
        }
        "grant_role" => {
            let (_, user) = house.member(&world.server, "grant", &[]).await;
            let role = house.role("Grant", &["products.read"]).await;
            let everywhere = case.with("user_id", user).with("role_id", role).gives(&["products.read"]);
            vec![everywhere.clone(), everywhere.with("store_id", &house.here).asks("?store_id={store_id}")]
        }
        "revoke_role" => {
            let role = house.role("Revoke", &["products.read"]).await;
            let (_, user) = house.member(&world.server, "revoke", slice::from_ref(&role.as_str())).await;
            house.grant(&user, &role, Some(&house.here)).await;
            let everywhere = case.with("user_id", user).with("role_id", role).gives(&["products.read"]);
            vec![everywhere.clone(), everywhere.with("store_id", &house.here).asks("?store_id={store_id}")]
        }

        "create_service_account" => vec![case.sends(json!({ "name": "Created" })).answers(201)],
        "view_service_account" => vec![case.with("service_account_id", house.service("View").await)],
        "change_service_account" => {
            let id = house.service("Change").await;
            vec![case.with("service_account_id", id).sends(json!({ "name": "Changed" }))]
        }
        "delete_service_account" => vec![case.with("service_account_id", house.service("Delete").await)],
        "grant_service_role" | "revoke_service_role" => {
            let service = house.service(route.name()).await;
            let role = house.role(route.name(), &["products.read"]).await;
            if route.name() == "revoke_service_role" {
                house.grant_service(&service, &role, None).await;
                house.grant_service(&service, &role, Some(&house.here)).await;
            }
            let case = case.with("service_account_id", service).with("role_id", role).gives(&["products.read"]);
            vec![case.clone(), case.with("store_id", &house.here).asks("?store_id={store_id}")]
        }
        "list_api_keys" | "create_api_key" => {
            let service = house.service(route.name()).await;
            house.key(&world.server, &service).await;
            let case = case.with("service_account_id", service);
            if route.name() == "list_api_keys" {
                return vec![case];
            }
            vec![case.sends(json!({ "name": "Created" })).answers(201)]
        }
        "view_api_key" | "rotate_api_key" | "revoke_api_key" => {
            let service = house.service(route.name()).await;
            let (key, _) = house.key(&world.server, &service).await;
            let case = case.with("service_account_id", service).with("key_id", key);
            match route.name() {
                "view_api_key" => vec![case],
                "rotate_api_key" => vec![case.sends(json!({ "overlap_seconds": 0 })).answers(201)],
                _ => vec![case.answers(204)],
            }
        }

        "invite" => {
            let role = house.role("Invite", &["products.read"]).await;
            let case = case.answers(201);
            let in_tenant = json!({ "email": "tenant@guests.example", "role_ids": ["{role_id}"] });
            let at_store = json!({
                "email": "store@guests.example",
                "store_roles": [{ "store_id": "{store_id}", "role_id": "{role_id}" }]
            });
            vec![
                case.clone().sends(json!({ "email": "bare@guests.example" })),
                case.clone().with("role_id", &role).sends(in_tenant).gives(&["products.read"]),
                case.with("role_id", &role).with("store_id", &house.here).sends(at_store).gives(&["products.read"]),
            ]
        }
        "withdraw_invitation" => {
            vec![case.with("invitation_id", house.invitation("withdraw").await).answers(204)]
        }
        "requeue_job" => {
            vec![case.with("job_id", world.server.database.dead_job(Some(&house.tenant)).await)]
        }
        "requeue_platform_job" => vec![case.with("job_id", world.server.database.dead_job(None).await)],
        "accept_invitation" => {
            let address = format!("accept@{}.example", house.slug);
            house.make("/api/v1/invitations", json!({ "email": address })).await;
            let token = world.server.invitation_token(&address).await;
            vec![case.with("token", token).sends(json!({ "token": "{token}" })).refuses_in_body(404)]
        }

        "login" => {
            // Always the same person, who is a member of the other tenant only.
            let body = json!({ "email": world.b_owner_email, "password": PASSWORD, "tenant": "{slug}" });
            vec![case.with("slug", &house.slug).sends(body).refuses_in_body(401)]
        }
        "switch" => {
            vec![case.with("slug", &house.slug).sends(json!({ "tenant": "{slug}" })).refuses_in_body(404)]
        }
        "refresh" => {
            // Always the same person's, who is a member of the other tenant only.
            let body = json!({ "email": world.b_owner_email, "password": PASSWORD, "tenant": world.b.slug });
            let token = world.server.anonymous().post("/api/v1/auth/login", body).await.text("refresh_token");
            let rest = token.splitn(3, '_').nth(2).unwrap();
            let body = json!({ "refresh_token": format!("rfr_{{tenant}}_{rest}") });
            vec![case.with("tenant", house.tenant.replace('-', "")).sends(body).refuses_in_body(401)]
        }
        "end_session" => {
            let (leaver, _) = house.member(&world.server, "leaver", &[]).await;
            let sessions = leaver.get("/api/v1/auth/sessions").await;
            let id = sessions.body["data"][0]["id"].as_str().unwrap().to_owned();
            vec![case.with("session_id", id).answers(204)]
        }
        "change_password" => {
            house.member(&world.server, "chooser", &[]).await;
            vec![case.sends(json!({ "current_password": PASSWORD, "new_password": PASSWORD })).answers(204)]
        }
        "verify_email" => vec![case.answers(202)],
        "change_email" => {
            house.member(&world.server, "mover", &[]).await;
            let body = json!({ "email": format!("moved@{}.example", house.slug), "current_password": PASSWORD });
            vec![case.sends(body).answers(202)]
        }
        "confirm_email" => {
            let body = json!({ "token": format!("eml_{}", "0".repeat(64)) });
            vec![case.sends(body).answers(200).refuses_in_body(404)]
        }
        "request_password_reset" => {
            let body = json!({ "email": "nobody@nowhere.example" });
            vec![case.sends(body).answers(202).refuses_in_body(202)]
        }
        "confirm_password_reset" => {
            house.member(&world.server, "forgetful", &[]).await;
            let body = json!({ "token": format!("rpw_{}", "0".repeat(64)), "new_password": PASSWORD });
            vec![case.sends(body).answers(204).refuses_in_body(404)]
        }
        "logout" | "end_other_sessions" => vec![case.answers(204)],
        "bootstrap" => {
            let body = json!({
                "secret": BOOTSTRAP_SECRET, "email": "again@acme.example", "password": PASSWORD,
                "display_name": "Again", "tenant": { "name": "Again", "slug": "{slug}" }
            });
            vec![case.with("slug", &house.slug).sends(body).answers(404).refuses_in_body(404)]
        }

        "list_tenants" | "list_platform_audit_events" | "list_platform_jobs" => vec![case],
        "create_tenant" => {
            let body = json!({ "name": "New", "slug": "{slug}", "owner_email": "new@guests.example" });
            vec![case.with("slug", format!("created-by-{}", house.slug)).sends(body).answers(201)]
        }
        "view_tenant" => vec![case.with("tenant_id", world.tenant("view", house, &[]).await)],
        "change_tenant" => {
            let id = world.tenant("change", house, &[]).await;
            vec![case.with("tenant_id", id).sends(json!({ "name": "Changed" }))]
        }
        "delete_tenant" => vec![case.with("tenant_id", world.tenant("delete", house, &[]).await)],
        "suspend_tenant" => {
            let id = world.tenant("suspend", house, &[]).await;
            vec![case.with("tenant_id", id).sends(json!({ "reason": "unpaid" }))]
        }
        "reactivate_tenant" => vec![case.with("tenant_id", world.tenant("reactivate", house, &["suspend"]).await)],
        "restore_tenant" => vec![case.with("tenant_id", world.tenant("restore", house, &["delete"]).await)],

        "end_support_grant" => vec![case.with("support_grant_id", world.grant(&house.tenant).await).answers(204)],
        "make_support_grant" => {
            let id = world.tenant("support", house, &[]).await;
            vec![case.with("tenant_id", id).sends(json!({ "reason": "Ticket 4711" })).answers(201)]
        }
        "list_all_support_grants" => vec![case],
        "end_any_support_grant" => {
            let tenant = world.tenant("support-end", house, &[]).await;
            vec![case.with("support_grant_id", world.grant(&tenant).await).answers(204)]
        }

        "live" | "ready" | "keys" | "openapi" | "docs" => vec![case],
        "docs_file" => vec![case.with("file:.*", "index.html")],
        "problem" => vec![case.with("code", "not_found")],

        other => panic!("{} {} ({other}) has no entry here: say how to make a request of it", route.method, route.path),
    }
}
