use actix_web::web::{self, Data};
use cotenant_domain::tenancy::Permission;
use cotenant_domain::tenants::{self, Tenant};

use super::schemas::{ChangeOwnTenantBody, OwnTenantView};
use crate::answer::versioned;
use crate::app::App;
use crate::error::Answer;
use crate::etag::IfMatch;
use crate::extract::{Acting, Body};
use crate::route::Route;

const OWN: &str = "/api/v1/tenant";

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
    ]
}

async fn view(app: Data<App>, actor: Acting) -> Answer {
    one(tenants::view(&actor, &app.deps).await?)
}

async fn change(app: Data<App>, actor: Acting, seen: IfMatch, body: Body<ChangeOwnTenantBody>) -> Answer {
    one(tenants::change(&actor, &app.deps, body.0.command(seen.0)?).await?)
}

fn one(tenant: Tenant) -> Answer {
    versioned(tenant.base.version, OwnTenantView::from(tenant))
}
