use actix_web::web::{self, Data};
use cotenant_domain::platform;
use cotenant_domain::tenants::Tenant;

use super::audit_routes;
use super::schemas::{ChangeTenantBody, CreateTenantBody, SuspendBody, TenantQuery, TenantView};
use crate::answer::{DeletedView, created, deleted, page, versioned};
use crate::app::App;
use crate::audience::Audience;
use crate::error::Answer;
use crate::etag::IfMatch;
use crate::extract::{Body, IncludeDeleted, PathId, PlatformOperator, Query};
use crate::openapi::Doc;
use crate::route::Route;

const ALL: &str = "/api/v1/platform/tenants";
const ONE: &str = "/api/v1/platform/tenants/{tenant_id}";
const SUSPEND: &str = "/api/v1/platform/tenants/{tenant_id}/suspend";
const REACTIVATE: &str = "/api/v1/platform/tenants/{tenant_id}/reactivate";
const RESTORE: &str = "/api/v1/platform/tenants/{tenant_id}/restore";

pub(crate) fn routes() -> Vec<Route> {
    [records(), acts(), audit_routes::routes()]
        .concat()
        .into_iter()
        .map(|route| route.serves(Audience::Platform).says(tagged))
        .collect()
}

fn tagged(doc: Doc) -> Doc {
    doc.tag("Platform")
}

fn records() -> Vec<Route> {
    vec![
        Route::get("list_tenants", ALL, || web::to(list))
            .says(|doc| doc.about("List tenants", "All tenants.").query::<TenantQuery>().gives_pages::<TenantView>()),
        Route::post("create_tenant", ALL, || web::to(create)).says(|doc| {
            doc.about("Create a tenant", "It begins with its three fixed roles; its owner is invited by a message.")
                .takes::<CreateTenantBody>()
                .gives_versioned::<TenantView>(201)
                .fails(&["slug_taken", "past_expiry"])
        }),
        Route::get("view_tenant", ONE, || web::to(view)).says(|doc| {
            doc.about("View a tenant", "One tenant.").query::<IncludeDeleted>().gives_versioned::<TenantView>(200)
        }),
        Route::patch("change_tenant", ONE, || web::to(change)).says(|doc| {
            doc.about(
                "Change a tenant",
                "What is absent stays. A tenant is suspended while its end of time has passed.",
            )
            .takes::<ChangeTenantBody>()
            .if_match()
            .gives_versioned::<TenantView>(200)
            .fails(&["slug_taken", "past_expiry", "unknown_plan"])
        }),
        Route::delete("delete_tenant", ONE, || web::to(delete)).says(|doc| {
            doc.about(
                "Delete a tenant",
                "Every token of it ends at once. It can be restored until it is purged; its slug stays taken.",
            )
            .if_match()
            .gives::<DeletedView>(200)
        }),
    ]
}

fn acts() -> Vec<Route> {
    vec![
        Route::post("suspend_tenant", SUSPEND, || web::to(suspend)).says(|doc| {
            doc.about("Suspend a tenant", "Its members can see who they are, switch and sign out, and nothing else.")
                .takes::<SuspendBody>()
                .if_match()
                .gives_versioned::<TenantView>(200)
                .fails(&["already_suspended"])
        }),
        Route::post("reactivate_tenant", REACTIVATE, || web::to(reactivate)).says(|doc| {
            doc.about("Reactivate a tenant", "It ends a suspension; an end of time stays.")
                .if_match()
                .gives_versioned::<TenantView>(200)
                .fails(&["not_suspended"])
        }),
        Route::post("restore_tenant", RESTORE, || web::to(restore)).says(|doc| {
            doc.about("Restore a tenant", "It comes back as it was, suspension included.")
                .if_match()
                .gives_versioned::<TenantView>(200)
                .fails(&["not_deleted"])
        }),
    ]
}

async fn list(app: Data<App>, operator: PlatformOperator, query: Query<TenantQuery>) -> Answer {
    let binding = query.binding(None);
    let tenants = platform::list(&operator, &app.deps, query.value.command(binding)?).await?;
    let now = app.deps.clock.now();
    page(tenants, binding, |tenant| TenantView::at(now, tenant))
}

async fn create(app: Data<App>, operator: PlatformOperator, body: Body<CreateTenantBody>) -> Answer {
    let new = platform::create(&operator, &app.deps, body.0.try_into()?).await?;
    let (location, version) = (format!("{ALL}/{}", new.tenant.base.id), new.tenant.base.version);
    created(location, version, TenantView::at(app.deps.clock.now(), new.tenant).inviting(new.invitation.into()))
}

async fn view(
    app: Data<App>,
    operator: PlatformOperator,
    PathId(id): PathId<Tenant>,
    query: Query<IncludeDeleted>,
) -> Answer {
    one(&app, platform::view(&operator, &app.deps, id, query.value.wanted()?).await?)
}

async fn change(
    app: Data<App>,
    operator: PlatformOperator,
    PathId(id): PathId<Tenant>,
    seen: IfMatch,
    body: Body<ChangeTenantBody>,
) -> Answer {
    one(&app, platform::change(&operator, &app.deps, id, body.0.command(seen.0)?).await?)
}

async fn delete(app: Data<App>, operator: PlatformOperator, PathId(id): PathId<Tenant>, seen: IfMatch) -> Answer {
    deleted(platform::delete(&operator, &app.deps, id, seen.0).await?)
}

async fn suspend(
    app: Data<App>,
    operator: PlatformOperator,
    PathId(id): PathId<Tenant>,
    seen: IfMatch,
    body: Body<SuspendBody>,
) -> Answer {
    one(&app, platform::suspend(&operator, &app.deps, id, body.0.reason.valid()?, seen.0).await?)
}

async fn reactivate(app: Data<App>, operator: PlatformOperator, PathId(id): PathId<Tenant>, seen: IfMatch) -> Answer {
    one(&app, platform::reactivate(&operator, &app.deps, id, seen.0).await?)
}

async fn restore(app: Data<App>, operator: PlatformOperator, PathId(id): PathId<Tenant>, seen: IfMatch) -> Answer {
    one(&app, platform::restore(&operator, &app.deps, id, seen.0).await?)
}

fn one(app: &App, tenant: Tenant) -> Answer {
    versioned(tenant.base.version, TenantView::at(app.deps.clock.now(), tenant))
}
