//! The database is away.

use std::sync::Arc;

use async_trait::async_trait;
use cotenant_domain::identity::{SessionId, UserId};
use cotenant_domain::jobs::{Claim, JobDispatcher, JobStatus, Leased, PlatformJobEnvelope, Round};
use cotenant_domain::services::ApiKeyId;
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::support::SupportGrantId;
use cotenant_domain::tenancy::{
    AccessReader, AccessRecord, KeyAccess, OperatorAccess, PlatformScope, Read, SupportAccess, TenantScope, Write,
};
use cotenant_domain::tenants::TenantId;
use cotenant_domain::uow::{Database, PersonUnit, PlatformUnit, ReadUnit, WriteUnit};
use cotenant_testkit::World;
use cotenant_testkit::world::{OPERATOR, PASSWORD};
use serde_json::json;
use time::OffsetDateTime;

use crate::support::{client, serve, settings};

struct Away;

fn away<T>() -> Result<T, RepositoryError> {
    Err(RepositoryError::Unavailable("connection to 10.0.0.7 refused".into()))
}

#[async_trait]
impl Database for Away {
    async fn read(&self, _: &TenantScope<Read>) -> Result<Box<dyn ReadUnit>, RepositoryError> {
        away()
    }
    async fn write(&self, _: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError> {
        away()
    }
    async fn person(&self) -> Result<Box<dyn PersonUnit>, RepositoryError> {
        away()
    }
    async fn platform(&self, _: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
        away()
    }
    fn dispatcher(&self) -> &dyn JobDispatcher {
        self
    }
    async fn ping(&self) -> Result<(), RepositoryError> {
        away()
    }
}

#[async_trait]
impl JobDispatcher for Away {
    async fn lease(&self, _: &Claim, _: Option<TenantId>) -> Result<Round, RepositoryError> {
        away()
    }
    async fn lease_at_platform(&self, _: &Claim) -> Result<Vec<PlatformJobEnvelope>, RepositoryError> {
        away()
    }
    async fn renew(&self, _: &[Leased], _: OffsetDateTime) -> Result<Vec<Leased>, RepositoryError> {
        away()
    }
    async fn hand_back(&self, _: &[Leased]) -> Result<(), RepositoryError> {
        away()
    }
    async fn purge(&self, _: JobStatus, _: OffsetDateTime, _: u32) -> Result<u64, RepositoryError> {
        away()
    }
    async fn tenants_in_use(
        &self,
        _: OffsetDateTime,
        _: Option<TenantId>,
        _: u32,
    ) -> Result<Vec<TenantId>, RepositoryError> {
        away()
    }
}

#[async_trait]
impl AccessReader for Away {
    async fn access(
        &self,
        _: &TenantScope<Read>,
        _: UserId,
        _: SessionId,
    ) -> Result<Option<AccessRecord>, RepositoryError> {
        away()
    }
    async fn key_access(&self, _: &TenantScope<Read>, _: ApiKeyId) -> Result<Option<KeyAccess>, RepositoryError> {
        away()
    }
    async fn support_access(
        &self,
        _: &TenantScope<Read>,
        _: SupportGrantId,
    ) -> Result<Option<SupportAccess>, RepositoryError> {
        away()
    }
    async fn operator_session(&self, _: UserId, _: SessionId) -> Result<Option<OperatorAccess>, RepositoryError> {
        away()
    }
}

#[actix_web::test]
async fn an_absent_database_is_503_with_a_time_to_try_again_and_without_particulars() {
    let world = World::bootstrap().await;
    let token = client(&world).await.owner().await;
    let mut deps = world.deps.clone();
    (deps.db, deps.access) = (Arc::new(Away), Arc::new(Away));
    let client = serve(deps, settings()).await;
    let login = json!({ "email": OPERATOR, "password": PASSWORD });
    let answers = [
        client.get("/readyz", "").await,
        client.get("/api/v1/stores", &token).await,
        client.post("/api/v1/auth/login", "", login).await,
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
        assert!(answer.header("retry-after").is_some());
        assert!(!answer.text.contains("10.0.0.7"), "{}", answer.text);
    }
    assert_eq!(client.get("/healthz", "").await.status, 200);
}
