use actix_web::web::{self, Data};
use cotenant_domain::access;

use super::schemas::{ExplainQuery, ExplanationView};
use crate::answer::found;
use crate::app::App;
use crate::audience::Audience;
use crate::error::Answer;
use crate::extract::{Member, Query};
use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("explain_access", "/api/v1/access/explain", || web::to(explain)).serves(Audience::Tenant).says(
        |doc| {
            doc.tag("Roles")
                .about(
                    "Why may somebody do this?",
                    "By which roles, where and since when; or why not. About another member it needs `members.read` \
                     and `roles.read`, about a service account `service_accounts.read` and `roles.read`.",
                )
                .query::<ExplainQuery>()
                .gives::<ExplanationView>(200)
                .fails(&["forbidden", "tenant_suspended", "not_found"])
        },
    )]
}

async fn explain(app: Data<App>, actor: Member, query: Query<ExplainQuery>) -> Answer {
    let question = query.value.question()?;
    found(ExplanationView::new(question, access::explain(&actor, &app.deps, question).await?))
}
