use actix_web::web::{self, Data};
use cotenant_domain::platform;

use super::audit_schemas::{PlatformAuditEventView, PlatformAuditQuery};
use crate::answer::page;
use crate::app::App;
use crate::error::Answer;
use crate::extract::{PlatformOperator, Query};
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("list_platform_audit_events", "/api/v1/platform/audit-events", || web::to(list)).says(|doc| {
        doc.about(
            "List the platform's audit events",
            "What operators did, and what belongs to no tenant: refused sign-ins, forgotten passwords. The log only grows; it \
             is not chained as those of the tenants are.",
        )
        .query::<PlatformAuditQuery>()
        .gives_pages::<PlatformAuditEventView>()
    })]
}

async fn list(app: Data<App>, operator: PlatformOperator, query: Query<PlatformAuditQuery>) -> Answer {
    let binding = query.binding(None);
    let events = platform::list_audit(&operator, &app.deps, query.value.command(binding)?).await?;
    page(events, binding, PlatformAuditEventView::from)
}
