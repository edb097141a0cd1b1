use actix_web::web::{self, Data};
use cotenant_domain::support::{self, SupportGrant};
use cotenant_domain::tenancy::Permission;
use cotenant_domain::tenants::Tenant;

use super::schemas::{MakeSupportGrantBody, SupportGrantQuery, SupportGrantView};
use crate::answer::{created_with_secret, nothing, page};
use crate::app::App;
use crate::audience::Audience;
use crate::error::Answer;
use crate::extract::{Acting, Body, PathId, PlatformOperator, Query};
use crate::route::Route;

const TAG: &str = "Support";
const OWN: &str = "/api/v1/support-grants";
const ONE_OWN: &str = "/api/v1/support-grants/{support_grant_id}";
const MAKE: &str = "/api/v1/platform/tenants/{tenant_id}/support-grants";
const ALL: &str = "/api/v1/platform/support-grants";
const ONE: &str = "/api/v1/platform/support-grants/{support_grant_id}";

pub(crate) fn routes() -> Vec<Route> {
    [of_the_tenant(), of_the_platform()].concat()
}

fn of_the_tenant() -> Vec<Route> {
    vec![
        Route::get("list_support_grants", OWN, || web::to(list)).needs(Permission::SupportRead).says(|doc| {
            doc.tag(TAG)
                .about(
                    "List operators' access",
                    "When operators of the platform were given access to the tenant, by whom, why and until when.",
                )
                .query::<SupportGrantQuery>()
                .gives_pages::<SupportGrantView>()
        }),
        Route::delete("end_support_grant", ONE_OWN, || web::to(end)).needs(Permission::SupportEnd).says(|doc| {
            doc.tag(TAG)
                .about(
                    "End an operator's access",
                    "Its token is refused from the next request on. One that is over stays as it is.",
                )
                .gives_nothing()
        }),
    ]
}

fn of_the_platform() -> Vec<Route> {
    let routes = vec![
        Route::post("make_support_grant", MAKE, || web::to(make)).has_secrets().says(|doc| {
            doc.tag(TAG)
                .about(
                    "Give yourself access to a tenant",
                    "For one tenant, with a reason, for a while. The tenant sees it in its audit log and ends it when it \
                     likes; its owners are told by mail. The token is in this answer and nowhere else.",
                )
                .takes::<MakeSupportGrantBody>()
                .gives::<SupportGrantView>(201)
                .shows_once()
                .fails(&["token_revoked", "too_many_support_grants"])
        }),
        Route::get("list_all_support_grants", ALL, || web::to(list_all)).says(|doc| {
            doc.tag(TAG)
                .about("List all access", "The access of all operators to all tenants.")
                .query::<SupportGrantQuery>()
                .gives_pages::<SupportGrantView>()
        }),
        Route::delete("end_any_support_grant", ONE, || web::to(end_any)).says(|doc| {
            doc.tag(TAG)
                .about("End an access", "One's own or another operator's. One that is over stays as it is.")
                .gives_nothing()
        }),
    ];
    routes.into_iter().map(|route| route.serves(Audience::Platform)).collect()
}

async fn list(app: Data<App>, actor: Acting, query: Query<SupportGrantQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let query = query.value.command(binding, app.deps.clock.now())?;
    page(support::list(&actor, &app.deps, query).await?, binding, SupportGrantView::from)
}

async fn end(app: Data<App>, actor: Acting, PathId(id): PathId<SupportGrant>) -> Answer {
    support::end(&actor, &app.deps, id).await?;
    nothing()
}

async fn make(
    app: Data<App>,
    operator: PlatformOperator,
    PathId(tenant): PathId<Tenant>,
    body: Body<MakeSupportGrantBody>,
) -> Answer {
    let made = support::make(&operator, &app.deps, tenant, body.0.try_into()?).await?;
    created_with_secret(format!("{ALL}/{}", made.grant.id), SupportGrantView::from(made))
}

async fn list_all(app: Data<App>, operator: PlatformOperator, query: Query<SupportGrantQuery>) -> Answer {
    let binding = query.binding(None);
    let query = query.value.command(binding, app.deps.clock.now())?;
    page(support::list_at_platform(&operator, &app.deps, query).await?, binding, SupportGrantView::from)
}

async fn end_any(app: Data<App>, operator: PlatformOperator, PathId(id): PathId<SupportGrant>) -> Answer {
    support::end_at_platform(&operator, &app.deps, id).await?;
    nothing()
}
