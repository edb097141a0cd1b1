use actix_web::web::{self, Data};
use cotenant_domain::plans;
use cotenant_domain::tenancy::Permission;
use cotenant_domain::tenants::{self, Tenant};

use super::schemas::{ChangeOwnTenantBody, OwnTenantView, UsageView};
use crate::answer::{found, versioned};
use crate::app::App;
use crate::error::Answer;
use crate::etag::IfMatch;
use crate::extract::{Acting, Body};
use crate::route::Route;

const OWN: &str = "/api/v1/tenant";
const USAGE: &str = "/api/v1/tenant/usage";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("view_own_tenant", OWN, || web::to(view)).needs(Permission::TenantRead).says(|doc| {
            doc.tag("Tenant")
                .about("View the own tenant", "The tenant of the token.")
                .gives_versioned::<OwnTenantView>(200)
        }),
        Route::patch("change_own_tenant", OWN, || web::to(change)).needs(Permission::TenantUpdate).says(|doc| {
            doc.tag("Tenant")
                .about("Change the own tenant", "What is absent stays.")
                .takes::<ChangeOwnTenantBody>()
                .if_match()
                .gives_versioned::<OwnTenantView>(200)
                .fails(&["slug_taken"])
        }),
        Route::get("view_usage", USAGE, || web::to(usage)).needs(Permission::TenantRead).says(|doc| {
            doc.tag("Tenant")
                .about(
                    "View what the own tenant has and may have",
                    "Its plan, and how much there is of what the plan bounds.",
                )
                .gives::<UsageView>(200)
        }),
    ]
}

async fn view(app: Data<App>, actor: Acting) -> Answer {
    one(&app, tenants::view(&actor, &app.deps).await?)
}

async fn change(app: Data<App>, actor: Acting, seen: IfMatch, body: Body<ChangeOwnTenantBody>) -> Answer {
    one(&app, tenants::change(&actor, &app.deps, body.0.command(seen.0)?).await?)
}

async fn usage(app: Data<App>, actor: Acting) -> Answer {
    found(UsageView::from(plans::usage(&actor, &app.deps).await?))
}

fn one(app: &App, tenant: Tenant) -> Answer {
    versioned(tenant.base.version, OwnTenantView::of(tenant, &app.deps.plans))
}
