use actix_web::web::{self, Data};
use cotenant_domain::jobs::{self, JobRecord};
use cotenant_domain::tenancy::Permission;

use super::schemas::{JobQuery, JobView};
use crate::answer::{found, page};
use crate::app::App;
use crate::audience::Audience;
use crate::error::Answer;
use crate::extract::{Acting, PathId, PlatformOperator, Query};
use crate::route::Route;

const ALL: &str = "/api/v1/jobs";
const REQUEUE: &str = "/api/v1/jobs/{job_id}/requeue";
const ALL_AT_PLATFORM: &str = "/api/v1/platform/jobs";
const REQUEUE_AT_PLATFORM: &str = "/api/v1/platform/jobs/{job_id}/requeue";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_jobs", ALL, || web::to(list)).needs(Permission::JobsRead).says(|doc| {
            doc.tag("Jobs")
                .about(
                    "List jobs",
                    "What the tenant has done in the background, in the order in which it was asked for. Those that are done \
                     are forgotten after a while.",
                )
                .query::<JobQuery>()
                .gives_pages::<JobView>()
        }),
        Route::post("requeue_job", REQUEUE, || web::to(requeue)).needs(Permission::JobsManage).says(|doc| {
            doc.tag("Jobs")
                .about("Queue a job again", "Only one that was given up; its attempts are counted anew.")
                .gives::<JobView>(200)
                .fails(&["job_not_dead", "job_queued_already"])
        }),
        Route::get("list_platform_jobs", ALL_AT_PLATFORM, || web::to(list_at_platform)).serves(Audience::Platform).says(
            |doc| {
                doc.tag("Platform")
                    .about("List the platform's jobs", "Jobs that concern people and no tenant. Those of tenants are theirs.")
                    .query::<JobQuery>()
                    .gives_pages::<JobView>()
            },
        ),
        Route::post("requeue_platform_job", REQUEUE_AT_PLATFORM, || web::to(requeue_at_platform))
            .serves(Audience::Platform)
            .says(|doc| {
                doc.tag("Platform")
                    .about("Queue a job of the platform again", "Only one that was given up; its attempts are counted anew.")
                    .gives::<JobView>(200)
                    .fails(&["job_not_dead", "job_queued_already"])
            }),
    ]
}

async fn list(app: Data<App>, actor: Acting, query: Query<JobQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let jobs = jobs::list(&actor, &app.deps, query.value.command(binding)?).await?;
    let now = app.deps.clock.now();
    page(jobs, binding, |job| JobView::at(now, job))
}

async fn requeue(app: Data<App>, actor: Acting, PathId(id): PathId<JobRecord>) -> Answer {
    let job = jobs::requeue(&actor, &app.deps, id).await?;
    found(JobView::at(app.deps.clock.now(), job))
}

async fn list_at_platform(app: Data<App>, operator: PlatformOperator, query: Query<JobQuery>) -> Answer {
    let binding = query.binding(None);
    let jobs = jobs::list_at_platform(&operator, &app.deps, query.value.command(binding)?).await?;
    let now = app.deps.clock.now();
    page(jobs, binding, |job| JobView::at(now, job))
}

async fn requeue_at_platform(app: Data<App>, operator: PlatformOperator, PathId(id): PathId<JobRecord>) -> Answer {
    let job = jobs::requeue_at_platform(&operator, &app.deps, id).await?;
    found(JobView::at(app.deps.clock.now(), job))
}
