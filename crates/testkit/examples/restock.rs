//! A job of one's own, against the domain crate alone: refills a product that has run out.
//!
//! `cargo run -p cotenant-testkit --example restock` does it in a world in memory. Nothing here knows a database, HTTP or the
//! server; the same handler, entered in `cotenant_domain::jobs::handlers`, is run by `cotenant worker`. docs/jobs.md
//! explains it.

#![expect(clippy::unwrap_used, reason = "an example that cannot go on ends")]

use async_trait::async_trait;
use cotenant_domain::audit::{NewAudit, Object};
use cotenant_domain::jobs::{
    Attempt, Done, Handlers, JobError, JobHandler, JobId, JobKind, NewJob, Pauses, RunReport, run_due,
};
use cotenant_domain::products::ProductId;
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::ProductsUpdate;
use cotenant_testkit::World;
use cotenant_testkit::world::WORKER;
use serde_json::json;
use time::Duration;

cotenant_domain::payload! {
    /// What the job is about: ids, of which the handler reads what they stand for when it runs.
    struct ProductToRefill {
        store_id: StoreId,
        product_id: ProductId,
    }
}

/// Refills a product.
struct Restock;

impl JobKind for Restock {
    const NAME: &'static str = "product.restock";
    const ATTEMPTS: Option<u32> = Some(5);
    const PAUSES: Pauses = Pauses { first: Duration::seconds(10), longest: Duration::minutes(10) };
    type Payload = ProductToRefill;
}

/// How many a product has after it was refilled.
const FULL: i64 = 24;

#[async_trait]
impl JobHandler for Restock {
    async fn run(&self, attempt: &Attempt<'_>, about: ProductToRefill) -> Result<Done, JobError> {
        let unit = attempt.write().await?;
        let found = unit.products().find(about.store_id, about.product_id).await?;
        // Deleted meanwhile, or refilled by somebody else: there is nothing to do, and nothing has failed.
        let Some(mut product) = found.filter(|product| product.stock == 0) else {
            return Ok(attempt.done());
        };
        let version = product.base.version;
        product.stock = FULL;
        product.base.touch(attempt.now());
        unit.products().update(&product, version).await?;
        let event = NewAudit {
            id: attempt.next_id(),
            at: attempt.now(),
            action: "product.restocked",
            object: Object { kind: "product", id: about.product_id.as_uuid() },
            detail: json!({ "stock": [0, FULL] }),
        };
        unit.audit().record(event).await?;
        // The refill and the end of the job are stored as one: whatever dies when, it happens once.
        attempt.finish(unit).await
    }
}

/// Sells what is left of a product, and asks for more: both are stored, or neither is.
async fn sell_out(world: &World, store_id: StoreId, product_id: ProductId) -> bool {
    let owner = world.owner().await;
    let unit = world.deps.db.write(&owner.authorize(ProductsUpdate).unwrap()).await.unwrap();
    let mut product = unit.products().find(store_id, product_id).await.unwrap().unwrap();
    let version = product.base.version;
    product.stock = 0;
    product.base.touch(world.deps.clock.now());
    unit.products().update(&product, version).await.unwrap();
    let about = ProductToRefill { store_id, product_id };
    let job = NewJob::of::<Restock>(JobId::new(world.deps.ids.next()), &about, world.deps.clock.now());
    // However often it sells out before the worker comes, one job waits.
    let queued = unit.jobs().enqueue(job.once()).await.unwrap();
    unit.commit().await.unwrap();
    queued
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let store = world.store(&owner, "MSA-1").await.base.id;
    let product = world.product(&owner, store, "SKU-1").await.base.id;
    assert!(sell_out(&world, store, product).await);
    assert!(!sell_out(&world, store, product).await, "it waits already");
    let handlers = Handlers::new().in_tenants(Restock);
    let report = run_due(&world.deps, &handlers, &WORKER).await.unwrap();
    assert_eq!(report, RunReport { done: 1, ..RunReport::default() });
    let unit = world.deps.db.write(&owner.authorize(ProductsUpdate).unwrap()).await.unwrap();
    let stock = unit.products().find(store, product).await.unwrap().unwrap().stock;
    assert_eq!(stock, FULL);
    println!("refilled: {stock} in stock");
}
