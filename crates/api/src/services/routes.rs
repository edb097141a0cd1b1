use actix_web::web::{self, Data};
use cotenant_domain::roles::Role;
use cotenant_domain::services::{self, Service, ServiceAccount};
use cotenant_domain::tenancy::Permission;

use super::schemas::{ChangeServiceBody, CreateServiceBody, ServiceGrantQuery, ServiceQuery, ServiceView};
use crate::answer::{DeletedView, created, deleted, page, versioned};
use crate::app::App;
use crate::error::Answer;
use crate::etag::IfMatch;
use crate::extract::{Acting, Body, Member, PathId, PathIds, Query};
use crate::route::Route;

const TAG: &str = "Service accounts";
const ALL: &str = "/api/v1/service-accounts";
const ONE: &str = "/api/v1/service-accounts/{service_account_id}";
const ROLE: &str = "/api/v1/service-accounts/{service_account_id}/roles/{role_id}";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_service_accounts", ALL, || web::to(list)).needs(Permission::ServiceAccountsRead).says(|doc| {
            doc.tag(TAG)
                .about("List service accounts", "The programs that act in the tenant.")
                .query::<ServiceQuery>()
                .gives_pages::<ServiceView>()
        }),
        Route::post("create_service_account", ALL, || web::to(create))
            .needs(Permission::ServiceAccountsManage)
            .says(|doc| {
                doc.tag(TAG)
                    .about("Create a service account", "It has no roles and no keys yet: it can do nothing.")
                    .takes::<CreateServiceBody>()
                    .gives_versioned::<ServiceView>(201)
                    .fails(&["people_only", "name_taken", "id_taken", "quota_exceeded"])
            }),
        Route::get("view_service_account", ONE, || web::to(view)).needs(Permission::ServiceAccountsRead).says(|doc| {
            doc.tag(TAG).about("View a service account", "One service account.").gives_versioned::<ServiceView>(200)
        }),
        Route::patch("change_service_account", ONE, || web::to(change))
            .needs(Permission::ServiceAccountsManage)
            .says(|doc| {
                doc.tag(TAG)
                    .about(
                        "Change a service account",
                        "While it is disabled its keys are refused, from the next request on.",
                    )
                    .takes::<ChangeServiceBody>()
                    .if_match()
                    .gives_versioned::<ServiceView>(200)
                    .fails(&["people_only", "beyond_own_rights", "name_taken", "rights_changed"])
            }),
        Route::delete("delete_service_account", ONE, || web::to(delete))
            .needs(Permission::ServiceAccountsManage)
            .says(|doc| {
                doc.tag(TAG)
                    .about("Delete a service account", "Its keys and roles end with it, for good.")
                    .if_match()
                    .gives::<DeletedView>(200)
                    .fails(&["people_only", "beyond_own_rights", "rights_changed"])
            }),
        Route::put("grant_service_role", ROLE, || web::to(grant)).needs(Permission::RolesGrant).says(|doc| {
            doc.tag(TAG)
                .about(
                    "Give a service account a role",
                    "In the whole tenant or at a store, never more than you hold there, and never the owner role. A role held already stays.",
                )
                .query::<ServiceGrantQuery>()
                .gives_versioned::<ServiceView>(200)
                .fails(&["people_only", "beyond_own_rights", "owner_role", "rights_changed"])
        }),
        Route::delete("revoke_service_role", ROLE, || web::to(revoke)).needs(Permission::RolesGrant).says(|doc| {
            doc.tag(TAG)
                .about("Take a role from a service account", "Where you could have given it. It counts from the next request on.")
                .query::<ServiceGrantQuery>()
                .gives_versioned::<ServiceView>(200)
                .fails(&["people_only", "beyond_own_rights", "rights_changed"])
        }),
    ]
}

async fn list(app: Data<App>, actor: Acting, query: Query<ServiceQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let services = services::list(&actor, &app.deps, query.value.command(binding)?).await?;
    page(services, binding, ServiceView::from)
}

async fn create(app: Data<App>, actor: Member, body: Body<CreateServiceBody>) -> Answer {
    let service = services::create(&actor, &app.deps, body.0.try_into()?).await?;
    created(format!("{ALL}/{}", service.account.base.id), service.account.base.version, ServiceView::from(service))
}

async fn view(app: Data<App>, actor: Acting, PathId(id): PathId<ServiceAccount>) -> Answer {
    one(services::view(&actor, &app.deps, id).await?)
}

async fn change(
    app: Data<App>,
    actor: Member,
    PathId(id): PathId<ServiceAccount>,
    seen: IfMatch,
    body: Body<ChangeServiceBody>,
) -> Answer {
    one(services::change(&actor, &app.deps, id, body.0.command(seen.0)?).await?)
}

async fn delete(app: Data<App>, actor: Member, PathId(id): PathId<ServiceAccount>, seen: IfMatch) -> Answer {
    deleted(services::delete(&actor, &app.deps, id, seen.0).await?)
}

async fn grant(
    app: Data<App>,
    actor: Member,
    PathIds(account, role): PathIds<ServiceAccount, Role>,
    query: Query<ServiceGrantQuery>,
) -> Answer {
    one(services::grant(&actor, &app.deps, query.value.grant(account, role)?).await?)
}

async fn revoke(
    app: Data<App>,
    actor: Member,
    PathIds(account, role): PathIds<ServiceAccount, Role>,
    query: Query<ServiceGrantQuery>,
) -> Answer {
    one(services::revoke(&actor, &app.deps, query.value.grant(account, role)?).await?)
}

fn one(service: Service) -> Answer {
    versioned(service.account.base.version, ServiceView::from(service))
}
