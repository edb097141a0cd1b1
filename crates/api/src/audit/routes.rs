use actix_web::http::header;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use cotenant_domain::audit::{self, ExportFormat};
use cotenant_domain::tenancy::Permission;

use super::csv;
use super::export::{Pages, Writer};
use super::schemas::{AuditEventView, AuditQuery, ExportQuery};
use crate::answer::page;
use crate::app::App;
use crate::connection::Connection;
use crate::error::Answer;
use crate::extract::{Acting, Query, origin};
use crate::middleware::bearer;
use crate::route::Route;

const CSV: &str = "text/csv; charset=utf-8; header=present";
const JSON_LINES: &str = "application/jsonl";

/// What an export looks like: its last line, and its first record.
const FILES: &[(&str, &str)] =
    &[(JSON_LINES, "{\"end\":{\"count\":0,\"last_hash\":null,\"last_seq\":0}}\n"), ("text/csv", csv::HEADER)];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_audit_events", "/api/v1/audit-events", || web::to(list)).needs(Permission::AuditRead).says(
            |doc| {
                doc.tag("Audit")
                    .about(
                        "List audit events",
                        "Who did what to which object, when and from where. The log only grows.",
                    )
                    .query::<AuditQuery>()
                    .gives_pages::<AuditEventView>()
            },
        ),
        Route::get("export_audit_events", "/api/v1/audit-events/export", || web::to(export))
            .exports()
            .needs(Permission::AuditRead)
            .says(|doc| {
                doc.tag("Audit")
                    .about(
                        "Export audit events",
                        "The log up to its present end, as a file. As JSON lines without filters it can be verified \
                         offline by `cotenant audit verify`; its last line tells how many events there are, and a file \
                         without it was interrupted. In CSV, cells that spreadsheets would take for formulas have an \
                         apostrophe before them. The right to it is checked anew for each page: where it is taken, or \
                         the token expires, the transfer breaks off. That an export was made is recorded.",
                    )
                    .query::<ExportQuery>()
                    .gives_files(FILES)
                    .fails(&["not_found"])
            }),
    ]
}

async fn list(app: Data<App>, actor: Acting, query: Query<AuditQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let events = audit::list(&actor, &app.deps, query.value.command(binding)?).await?;
    page(events, binding, AuditEventView::from)
}

async fn export(app: Data<App>, actor: Acting, request: HttpRequest, query: Query<ExportQuery>) -> Answer {
    let cmd = query.value.command()?;
    let format = cmd.format;
    let token = bearer(request.headers())?;
    let export = audit::begin_export(&actor, &app.deps, cmd).await?;
    let (tenant, last) = (actor.tenant_id(), export.opening().to_seq);
    let connection = request.conn_data::<std::sync::Arc<Connection>>().cloned();
    let writer = Writer { app, export, format, token, origin: origin(&request), connection };
    let media = if format == ExportFormat::Csv { CSV } else { JSON_LINES };
    // Made of an id and a number: nothing in it needs quoting.
    let name = format!("attachment; filename=\"audit-{tenant}-{last}.{}\"", format.as_str());
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, media)).insert_header((header::CONTENT_DISPOSITION, name));
    Ok(answer.body(Pages::of(writer)))
}
