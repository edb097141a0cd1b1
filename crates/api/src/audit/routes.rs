use actix_web::web::{self, Data};
use cotenant_domain::audit;
use cotenant_domain::tenancy::Permission;

use super::schemas::{AuditEventView, AuditQuery};
use crate::answer::page;
use crate::app::App;
use crate::error::Answer;
use crate::extract::{Acting, Query};
use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("list_audit_events", "/api/v1/audit-events", || web::to(list)).needs(Permission::AuditRead).says(
        |doc| {
            doc.tag("Audit")
                .about("List audit events", "Who did what to which object, when and from where. The log only grows.")
                .query::<AuditQuery>()
                .gives_pages::<AuditEventView>()
        },
    )]
}

async fn list(app: Data<App>, actor: Acting, query: Query<AuditQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let events = audit::list(&actor, &app.deps, query.value.command(binding)?).await?;
    page(events, binding, AuditEventView::from)
}
