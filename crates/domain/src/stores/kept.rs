use super::StoreId;
use crate::Deps;
use crate::cache::{Entry, load};
use crate::shared::RepositoryError;
use crate::uow::ReadUnit;

/// That a store is there and live. Nothing else of it: deleting and restoring a store raise the access version, and changing
/// its name does not.
enum Live {}

impl Entry for Live {
    const NAME: &'static str = "store_live";
    const FORMAT: u16 = 1;
    type Of = StoreId;
    type Value = ();
    type Form = ();

    fn form((): &()) {}

    fn value((): ()) -> Option<()> {
        Some(())
    }
}

/// Whether there is such a live store within reach. That there is none is not kept: stores open at any time.
pub(crate) async fn is_live(deps: &Deps, unit: &dyn ReadUnit, id: StoreId) -> Result<bool, RepositoryError> {
    let read = async { Ok(unit.stores().find(id).await?.map(|_| ())) };
    Ok(load::<Live>(&*deps.cache, unit, &id, read).await?.is_some())
}
