use actix_web::web::{self, Data};
use cotenant_domain::services::{self, ApiKey, NewKey, ServiceAccount};
use cotenant_domain::tenancy::Permission;

use super::key_schemas::{CreateKeyBody, KeyQuery, KeyView, RotateKeyBody};
use crate::answer::{created_with_secret, found, nothing, page};
use crate::app::App;
use crate::error::Answer;
use crate::extract::{Acting, Body, Member, PathId, PathIds, Query};
use crate::route::Route;

const TAG: &str = "Service accounts";
const ALL: &str = "/api/v1/service-accounts/{service_account_id}/keys";
const ONE: &str = "/api/v1/service-accounts/{service_account_id}/keys/{key_id}";
const ROTATE: &str = "/api/v1/service-accounts/{service_account_id}/keys/{key_id}/rotate";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_api_keys", ALL, || web::to(list)).needs(Permission::ServiceAccountsRead).says(|doc| {
            doc.tag(TAG)
                .about("List keys", "The account's keys that were not revoked, without their secrets.")
                .query::<KeyQuery>()
                .gives_pages::<KeyView>()
        }),
        Route::post("create_api_key", ALL, || web::to(create)).has_secrets().needs(Permission::ServiceAccountsManage).says(|doc| {
            doc.tag(TAG)
                .about(
                    "Create a key",
                    "For an account that holds no more than you do. The key is in this answer and nowhere else.",
                )
                .takes::<CreateKeyBody>()
                .gives::<KeyView>(201)
                .shows_once()
                .fails(&["people_only", "beyond_own_rights", "too_many_keys", "past_expiry", "rights_changed"])
        }),
        Route::get("view_api_key", ONE, || web::to(view)).needs(Permission::ServiceAccountsRead).says(|doc| {
            doc.tag(TAG).about("View a key", "One key, without its secret.").gives::<KeyView>(200)
        }),
        Route::post("rotate_api_key", ROTATE, || web::to(rotate)).has_secrets().needs(Permission::ServiceAccountsManage).says(
            |doc| {
                doc.tag(TAG)
                    .about(
                        "Rotate a key",
                        "Makes its successor, and lets the old one live beside it for a while. The new key is in this answer and nowhere else.",
                    )
                    .takes::<RotateKeyBody>()
                    .gives::<KeyView>(201)
                    .shows_once()
                    .fails(&[
                        "people_only", "beyond_own_rights", "key_rotated", "too_many_keys", "past_expiry",
                        "rights_changed",
                    ])
            },
        ),
        Route::delete("revoke_api_key", ONE, || web::to(revoke)).needs(Permission::ServiceAccountsManage).says(|doc| {
            doc.tag(TAG)
                .about("Revoke a key", "It is refused from the next request on.")
                .gives_nothing()
                .fails(&["people_only"])
        }),
    ]
}

async fn list(
    app: Data<App>,
    actor: Acting,
    PathId(account): PathId<ServiceAccount>,
    query: Query<KeyQuery>,
) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let keys = services::list_keys(&actor, &app.deps, account, &query.value.page(binding)?).await?;
    page(keys, binding, KeyView::from)
}

async fn create(
    app: Data<App>,
    actor: Member,
    PathId(account): PathId<ServiceAccount>,
    body: Body<CreateKeyBody>,
) -> Answer {
    shown_once(services::create_key(&actor, &app.deps, account, body.0.try_into()?).await?)
}

async fn view(app: Data<App>, actor: Acting, PathIds(account, id): PathIds<ServiceAccount, ApiKey>) -> Answer {
    found(KeyView::from(services::view_key(&actor, &app.deps, account, id).await?))
}

async fn rotate(
    app: Data<App>,
    actor: Member,
    PathIds(account, id): PathIds<ServiceAccount, ApiKey>,
    body: Body<RotateKeyBody>,
) -> Answer {
    shown_once(services::rotate_key(&actor, &app.deps, account, id, body.0.try_into()?).await?)
}

async fn revoke(app: Data<App>, actor: Member, PathIds(account, id): PathIds<ServiceAccount, ApiKey>) -> Answer {
    services::revoke_key(&actor, &app.deps, account, id).await?;
    nothing()
}

fn shown_once(made: NewKey) -> Answer {
    let (account, key) = (made.key.account_id, made.key.id);
    created_with_secret(format!("/api/v1/service-accounts/{account}/keys/{key}"), KeyView::from(made))
}
