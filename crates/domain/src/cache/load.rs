use super::key::{Entry, Key};
use super::ports::{Cache, Found};
use crate::shared::RepositoryError;
use crate::uow::ReadUnit;

/// What is kept of kind `E` or, where nothing is, what `read` reads in this unit, which is kept then. What is not there is
/// not kept.
///
/// `read` does not run where the value is kept. It is to be the unit's own reading: the key is made of where the unit looks
/// from.
///
/// # Errors
///
/// Those of `read`. What a cache cannot do is no error: the database is asked.
pub async fn load<E: Entry>(
    cache: &dyn Cache,
    unit: &dyn ReadUnit,
    of: &E::Of,
    read: impl Future<Output = Result<Option<E::Value>, RepositoryError>>,
) -> Result<Option<E::Value>, RepositoryError> {
    let Some(key) = unit.vantage().and_then(|vantage| Key::of::<E>(vantage, of)) else {
        return read.await;
    };
    let turn = match cache.find(&key).await {
        Found::Kept(bytes) => match serde_json::from_slice(&bytes).ok().and_then(E::value) {
            Some(value) => return Ok(Some(value)),
            None => {
                tracing::warn!(kind = key.kind(), "a value that was kept cannot be read; the database is asked");
                return read.await;
            }
        },
        Found::Absent(turn) => turn,
    };
    // Dropped here, by a request that is broken off, the turn passes to the next.
    let read = read.await;
    match read.as_ref().ok().and_then(Option::as_ref).map(|value| serde_json::to_vec(&E::form(value))) {
        Some(Ok(bytes)) => turn.keep(bytes.into()).await,
        _ => turn.release(),
    }
    read
}
