//! A kind of job whose effect is in the database, where it can be counted.

use async_trait::async_trait;
use cotenant_domain::jobs::{Attempt, Done, JobError, JobHandler, JobKind, Pauses};
use cotenant_domain::products::ProductId;
use cotenant_domain::stores::StoreId;
use time::Duration;

cotenant_domain::payload! {
    /// What is counted up.
    pub struct ProductToTally {
        /// Its store.
        store_id: StoreId,
        /// The product.
        product_id: ProductId,
    }
}

/// Adds one to the stock of a product.
#[derive(Debug, Clone, Copy)]
pub struct Tally;

impl JobKind for Tally {
    const NAME: &'static str = "product.tally";
    const PAUSES: Pauses = Pauses { first: Duration::milliseconds(50), longest: Duration::milliseconds(50) };
    type Payload = ProductToTally;
}

#[async_trait]
impl JobHandler for Tally {
    async fn run(&self, attempt: &Attempt<'_>, about: ProductToTally) -> Result<Done, JobError> {
        let unit = attempt.write().await?;
        let found = unit.products().find(about.store_id, about.product_id).await?;
        let mut product = found.ok_or(JobError::Payload("product_id"))?;
        let version = product.base.version;
        product.stock += 1;
        product.base.touch(attempt.now());
        unit.products().update(&product, version).await?;
        attempt.finish(unit).await
    }
}
