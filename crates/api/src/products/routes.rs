use actix_web::web::{self, Data};
use cotenant_domain::products::{self, Product};
use cotenant_domain::stores::Store;
use cotenant_domain::tenancy::Permission;

use super::schemas::{ChangeProductBody, CreateProductBody, ProductQuery, ProductView};
use crate::answer::{DeletedView, created, deleted, page, versioned};
use crate::app::App;
use crate::error::Answer;
use crate::etag::IfMatch;
use crate::extract::{Acting, Body, IncludeDeleted, PathId, PathIds, Query};
use crate::route::Route;

const ALL: &str = "/api/v1/stores/{store_id}/products";
const ONE: &str = "/api/v1/stores/{store_id}/products/{product_id}";
const RESTORE: &str = "/api/v1/stores/{store_id}/products/{product_id}/restore";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_products", ALL, || web::to(list)).needs(Permission::ProductsRead).says(|doc| {
            doc.tag("Products")
                .about("List products", "The products of a store.")
                .query::<ProductQuery>()
                .gives_pages::<ProductView>()
        }),
        Route::post("create_product", ALL, || web::to(create)).needs(Permission::ProductsCreate).says(|doc| {
            doc.tag("Products")
                .about("Add a product", "Something that the store sells.")
                .takes::<CreateProductBody>()
                .gives_versioned::<ProductView>(201)
                .fails(&["sku_taken", "id_taken"])
        }),
        Route::get("view_product", ONE, || web::to(view)).needs(Permission::ProductsRead).says(|doc| {
            doc.tag("Products")
                .about("View a product", "One product.")
                .query::<IncludeDeleted>()
                .gives_versioned::<ProductView>(200)
        }),
        Route::patch("change_product", ONE, || web::to(change)).needs(Permission::ProductsUpdate).says(|doc| {
            doc.tag("Products")
                .about(
                    "Change a product",
                    "What is absent stays. A change that changes nothing leaves the version as it is.",
                )
                .takes::<ChangeProductBody>()
                .if_match()
                .gives_versioned::<ProductView>(200)
                .fails(&["sku_taken"])
        }),
        Route::delete("delete_product", ONE, || web::to(delete)).needs(Permission::ProductsDelete).says(|doc| {
            doc.tag("Products")
                .about("Delete a product", "It can be restored until it is purged.")
                .if_match()
                .gives::<DeletedView>(200)
        }),
        Route::post("restore_product", RESTORE, || web::to(restore)).needs(Permission::ProductsDelete).says(|doc| {
            doc.tag("Products")
                .about("Restore a product", "Its store must be there.")
                .gives_versioned::<ProductView>(200)
                .fails(&["not_deleted", "parent_deleted", "sku_taken"])
        }),
    ]
}

async fn list(app: Data<App>, actor: Acting, PathId(store): PathId<Store>, query: Query<ProductQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let products = products::list(&actor, &app.deps, store, query.value.command(binding)?).await?;
    page(products, binding, ProductView::from)
}

async fn create(app: Data<App>, actor: Acting, PathId(store): PathId<Store>, body: Body<CreateProductBody>) -> Answer {
    let product = products::create(&actor, &app.deps, store, body.0.try_into()?).await?;
    let location = format!("/api/v1/stores/{store}/products/{}", product.base.id);
    created(location, product.base.version, ProductView::from(product))
}

async fn view(
    app: Data<App>,
    actor: Acting,
    PathIds(store, id): PathIds<Store, Product>,
    query: Query<IncludeDeleted>,
) -> Answer {
    one(products::view(&actor, &app.deps, store, id, query.value.wanted()?).await?)
}

async fn change(
    app: Data<App>,
    actor: Acting,
    PathIds(store, id): PathIds<Store, Product>,
    seen: IfMatch,
    body: Body<ChangeProductBody>,
) -> Answer {
    one(products::change(&actor, &app.deps, store, id, body.0.command(seen.0)?).await?)
}

async fn delete(app: Data<App>, actor: Acting, PathIds(store, id): PathIds<Store, Product>, seen: IfMatch) -> Answer {
    deleted(products::delete(&actor, &app.deps, store, id, seen.0).await?)
}

async fn restore(app: Data<App>, actor: Acting, PathIds(store, id): PathIds<Store, Product>) -> Answer {
    one(products::restore(&actor, &app.deps, store, id).await?)
}

fn one(product: Product) -> Answer {
    versioned(product.base.version, ProductView::from(product))
}
