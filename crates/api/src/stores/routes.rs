use actix_web::web::{self, Data};
use cotenant_domain::stores::{self, Store};
use cotenant_domain::tenancy::Permission;

use super::schemas::{ChangeStoreBody, OpenStoreBody, StoreQuery, StoreView};
use crate::answer::{DeletedView, created, deleted, page, versioned};
use crate::app::App;
use crate::error::Answer;
use crate::etag::IfMatch;
use crate::extract::{Acting, Body, IncludeDeleted, PathId, Query};
use crate::route::Route;

const ALL: &str = "/api/v1/stores";
const ONE: &str = "/api/v1/stores/{store_id}";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_stores", ALL, || web::to(list)).needs(Permission::StoresRead).says(|doc| {
            doc.tag("Stores")
                .about("List stores", "The stores within reach.")
                .query::<StoreQuery>()
                .gives_pages::<StoreView>()
        }),
        Route::post("open_store", ALL, || web::to(open)).needs(Permission::StoresCreate).says(|doc| {
            doc.tag("Stores")
                .about("Open a store", "A place of the tenant where business is done.")
                .takes::<OpenStoreBody>()
                .gives_versioned::<StoreView>(201)
                .fails(&["code_taken", "id_taken", "quota_exceeded"])
        }),
        Route::get("view_store", ONE, || web::to(view)).needs(Permission::StoresRead).says(|doc| {
            doc.tag("Stores")
                .about("View a store", "One store.")
                .query::<IncludeDeleted>()
                .gives_versioned::<StoreView>(200)
        }),
        Route::patch("change_store", ONE, || web::to(change)).needs(Permission::StoresUpdate).says(|doc| {
            doc.tag("Stores")
                .about(
                    "Change a store",
                    "What is absent stays. A change that changes nothing leaves the version as it is.",
                )
                .takes::<ChangeStoreBody>()
                .if_match()
                .gives_versioned::<StoreView>(200)
                .fails(&["code_taken"])
        }),
        Route::delete("delete_store", ONE, || web::to(delete)).needs(Permission::StoresDelete).says(|doc| {
            doc.tag("Stores")
                .about("Delete a store", "It goes with everything in it, and can be restored until it is purged.")
                .if_match()
                .gives::<DeletedView>(200)
                .fails(&["rights_changed"])
        }),
        Route::post("restore_store", "/api/v1/stores/{store_id}/restore", || web::to(restore))
            .needs(Permission::StoresDelete)
            .says(|doc| {
                doc.tag("Stores")
                    .about("Restore a store", "It comes back with exactly what was deleted together with it.")
                    .gives_versioned::<StoreView>(200)
                    .fails(&["not_deleted", "code_taken", "rights_changed", "quota_exceeded"])
            }),
    ]
}

async fn list(app: Data<App>, actor: Acting, query: Query<StoreQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let stores = stores::list(&actor, &app.deps, query.value.command(binding)?).await?;
    page(stores, binding, StoreView::from)
}

async fn open(app: Data<App>, actor: Acting, body: Body<OpenStoreBody>) -> Answer {
    let store = stores::open(&actor, &app.deps, body.0.try_into()?).await?;
    created(format!("{ALL}/{}", store.base.id), store.base.version, StoreView::from(store))
}

async fn view(app: Data<App>, actor: Acting, id: PathId<Store>, query: Query<IncludeDeleted>) -> Answer {
    one(stores::view(&actor, &app.deps, id.0, query.value.wanted()?).await?)
}

async fn change(
    app: Data<App>,
    actor: Acting,
    PathId(id): PathId<Store>,
    seen: IfMatch,
    body: Body<ChangeStoreBody>,
) -> Answer {
    one(stores::change(&actor, &app.deps, id, body.0.command(seen.0)?).await?)
}

async fn delete(app: Data<App>, actor: Acting, PathId(id): PathId<Store>, seen: IfMatch) -> Answer {
    deleted(stores::delete(&actor, &app.deps, id, seen.0).await?)
}

async fn restore(app: Data<App>, actor: Acting, PathId(id): PathId<Store>) -> Answer {
    one(stores::restore(&actor, &app.deps, id).await?)
}

fn one(store: Store) -> Answer {
    versioned(store.base.version, StoreView::from(store))
}
