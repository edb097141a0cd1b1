use std::sync::Arc;

use async_trait::async_trait;
use cotenant_domain::jobs::JobDispatcher;
use cotenant_domain::platform::PlatformAuditEvent;
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::tenancy::{PlatformScope, Read, TenantScope, Write};
use cotenant_domain::uow::{Database, PersonUnit, PlatformUnit, ReadUnit, WriteUnit};

use super::unit::{PeopleWork, PlatformWork, TenantWork};
use super::work::{Published, Work, hold};

/// A database in memory. Clones share what is stored.
#[derive(Clone, Default)]
pub struct MemoryDatabase {
    pub(super) published: Arc<Published>,
    turns: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryDatabase {
    /// An empty database.
    pub fn new() -> Self {
        Self::default()
    }

    /// The platform's audit log, oldest first.
    pub fn platform_events(&self) -> Vec<PlatformAuditEvent> {
        hold(&self.published).platform_audit.clone()
    }

    /// A transaction that is the only writer until it ends.
    pub(super) async fn writer(&self) -> Work {
        let turn = self.turns.clone().lock_owned().await;
        Work::begin(&self.published, Some(turn))
    }

    /// A transaction that only reads, and waits for nobody.
    pub(super) fn reader(&self) -> Work {
        Work::begin(&self.published, None)
    }
}

impl std::fmt::Debug for MemoryDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryDatabase(..)")
    }
}

#[async_trait]
impl Database for MemoryDatabase {
    async fn read(&self, scope: &TenantScope<Read>) -> Result<Box<dyn ReadUnit>, RepositoryError> {
        let (work, vantage) = match scope.resume::<Work>() {
            Some((work, vantage)) => (work, Some(vantage)),
            None => (self.reader(), None),
        };
        Ok(Box::new(TenantWork { vantage, ..TenantWork::new(work, scope) }))
    }

    async fn write(&self, scope: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError> {
        TenantWork::new(self.writer().await, scope).for_errand(None, scope).await
    }

    async fn person(&self) -> Result<Box<dyn PersonUnit>, RepositoryError> {
        Ok(Box::new(PeopleWork::new(self.writer().await)))
    }

    async fn platform(&self, scope: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
        PlatformWork::new(self.writer().await, scope).for_errand(None, scope).await
    }

    fn dispatcher(&self) -> &dyn JobDispatcher {
        self
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        Ok(())
    }
}
