use async_trait::async_trait;
use cotenant_domain::bootstrap::{BOOTSTRAP_UNIQUE, BootstrapRepository};
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::state::conflict;
use super::unit::PlatformWork;

#[async_trait]
impl BootstrapRepository for PlatformWork {
    async fn is_done(&self) -> Result<bool, RepositoryError> {
        self.work.read(|state| state.bootstrapped.is_some())
    }

    async fn claim(&self, now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.work.change(|state| match state.bootstrapped.replace(now) {
            Some(_) => conflict(BOOTSTRAP_UNIQUE),
            None => Ok(()),
        })
    }
}
