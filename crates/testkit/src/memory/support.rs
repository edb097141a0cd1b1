use async_trait::async_trait;
use cotenant_domain::identity::UserId;
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::support::{
    End, OwnSupportGrantReader, OwnSupportGrantRepository, SupportGrant, SupportGrantFilter, SupportGrantId,
    SupportGrantRepository,
};
use cotenant_domain::tenants::TenantId;
use time::OffsetDateTime;

use super::paging::page;
use super::state::{State, conflict};
use super::unit::{PlatformWork, TenantWork};

/// The rule that grants' ids are unique.
const SUPPORT_GRANT_ID_UNIQUE: &str = "support_grants_id_unique";

fn listed<'a>(
    grants: impl Iterator<Item = &'a SupportGrant>,
    filter: &SupportGrantFilter,
    request: &PageRequest<()>,
) -> Page<SupportGrant> {
    let shown = |grant: &&SupportGrant| {
        filter.operator_id.is_none_or(|operator| operator == grant.operator_id)
            && filter.live_at.is_none_or(|now| grant.is_live(now))
    };
    page(grants.filter(shown), request, |grant| Position { value: SortValue::Id, id: grant.id.as_uuid() })
}

fn end(grant: Option<&mut SupportGrant>, end: End) -> bool {
    grant.filter(|grant| grant.is_live(end.at)).map(|grant| grant.end = Some(end)).is_some()
}

fn live(state: &State, now: OffsetDateTime, is_wanted: impl Fn(&SupportGrant) -> bool) -> Vec<SupportGrant> {
    let mut grants: Vec<_> =
        state.support_grants.values().filter(|g| g.is_live(now) && is_wanted(g)).cloned().collect();
    grants.sort_by_key(|grant| (grant.tenant_id, grant.id));
    grants
}

impl TenantWork {
    fn own<'a>(&self, state: &'a mut State, id: SupportGrantId) -> Option<&'a mut SupportGrant> {
        state.support_grants.get_mut(&id).filter(|grant| grant.tenant_id == self.tenant)
    }
}

#[async_trait]
impl OwnSupportGrantReader for TenantWork {
    async fn find(&self, id: SupportGrantId) -> Result<Option<SupportGrant>, RepositoryError> {
        self.work.read(|state| state.support_grants.get(&id).filter(|grant| grant.tenant_id == self.tenant).cloned())
    }

    async fn list(
        &self,
        filter: &SupportGrantFilter,
        request: &PageRequest<()>,
    ) -> Result<Page<SupportGrant>, RepositoryError> {
        self.work.read(|state| {
            let own = state.support_grants.values().filter(|grant| grant.tenant_id == self.tenant);
            listed(own, filter, request)
        })
    }
}

#[async_trait]
impl OwnSupportGrantRepository for TenantWork {
    async fn end(&self, id: SupportGrantId, at: End) -> Result<bool, RepositoryError> {
        self.work.change(|state| Ok(end(self.own(state, id), at)))
    }

    async fn note_use(
        &self,
        id: SupportGrantId,
        at: OffsetDateTime,
        address: Option<&str>,
    ) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            if let Some(grant) = self.own(state, id) {
                (grant.last_used_at, grant.last_used_address) = (Some(at), address.map(str::to_owned));
            }
            Ok(())
        })
    }
}

#[async_trait]
impl SupportGrantRepository for PlatformWork {
    async fn find(&self, id: SupportGrantId) -> Result<Option<SupportGrant>, RepositoryError> {
        self.work.read(|state| state.support_grants.get(&id).cloned())
    }

    async fn list(
        &self,
        filter: &SupportGrantFilter,
        request: &PageRequest<()>,
    ) -> Result<Page<SupportGrant>, RepositoryError> {
        self.work.read(|state| listed(state.support_grants.values(), filter, request))
    }

    async fn live_of(&self, operator: UserId, now: OffsetDateTime) -> Result<Vec<SupportGrant>, RepositoryError> {
        self.work.read(|state| live(state, now, |grant| grant.operator_id == operator))
    }

    async fn live_in(&self, tenant: TenantId, now: OffsetDateTime) -> Result<Vec<SupportGrant>, RepositoryError> {
        self.work.read(|state| live(state, now, |grant| grant.tenant_id == tenant))
    }

    async fn insert(&self, grant: &SupportGrant) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            if !state.tenants.contains_key(&grant.tenant_id) || !state.people.contains_key(&grant.operator_id) {
                return Err(RepositoryError::MissingReference);
            }
            if state.support_grants.contains_key(&grant.id) {
                return conflict(SUPPORT_GRANT_ID_UNIQUE);
            }
            state.support_grants.insert(grant.id, grant.clone());
            Ok(())
        })
    }

    async fn end(&self, id: SupportGrantId, at: End) -> Result<bool, RepositoryError> {
        self.work.change(|state| Ok(end(state.support_grants.get_mut(&id), at)))
    }
}
