use async_trait::async_trait;
use cotenant_domain::roles::{GivenRole, HeldRole, RoleId};
use cotenant_domain::services::{
    SERVICE_ID_UNIQUE, SERVICE_NAME_UNIQUE, Service, ServiceAccount, ServiceAccountId, ServiceFilter, ServiceGrant,
    ServiceReader, ServiceRepository, ServiceSort,
};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::{Deletion, Principal, Rights, Version};
use time::OffsetDateTime;

use super::access::{service_grants, service_rights};
use super::paging::{matches, page};
use super::state::{Room, conflict};
use super::unit::TenantWork;

fn is_live(account: &&ServiceAccount) -> bool {
    account.base.deletion.is_none()
}

fn position(service: &Service, sort: ServiceSort) -> Position {
    let value = match sort {
        ServiceSort::Id => SortValue::Id,
        ServiceSort::Name => SortValue::Text(service.account.name.key()),
    };
    Position { value, id: service.account.base.id.as_uuid() }
}

fn name_is_free(room: &Room, account: &ServiceAccount) -> Result<(), RepositoryError> {
    let taken = |other: &ServiceAccount| other.base.id != account.base.id && other.name.key() == account.name.key();
    if room.services.values().filter(is_live).any(taken) { conflict(SERVICE_NAME_UNIQUE) } else { Ok(()) }
}

fn live_at(room: &mut Room, id: ServiceAccountId, version: Version) -> Result<&mut ServiceAccount, RepositoryError> {
    let row = room.services.get_mut(&id).filter(|row| row.base.deletion.is_none() && row.base.version == version);
    row.ok_or(RepositoryError::Stale)
}

impl TenantWork {
    fn service(&self, room: &Room, account: &ServiceAccount) -> Service {
        Service { account: account.clone(), grants: service_grants(room, account.base.id, &self.stores) }
    }

    fn reaches(&self, grant: &ServiceGrant) -> bool {
        grant.store_id.is_none_or(|store| self.stores.contains(store))
    }
}

#[async_trait]
impl ServiceReader for TenantWork {
    async fn find(&self, id: ServiceAccountId) -> Result<Option<Service>, RepositoryError> {
        self.look(|room| room.services.get(&id).filter(is_live).map(|account| self.service(room, account)))
    }

    async fn list(
        &self,
        filter: &ServiceFilter,
        request: &PageRequest<ServiceSort>,
    ) -> Result<Page<Service>, RepositoryError> {
        self.look(|room| {
            let wanted = |account: &&ServiceAccount| {
                filter.status.is_none_or(|status| status == account.status)
                    && matches(filter.text.as_ref(), [account.name.key(), String::new()])
            };
            let rows = room.services.values().filter(is_live).filter(wanted);
            let services: Vec<_> = rows.map(|account| self.service(room, account)).collect();
            page(services.iter(), request, |service| position(service, request.sort))
        })
    }

    async fn find_all(&self, ids: &[ServiceAccountId]) -> Result<Vec<Service>, RepositoryError> {
        self.look(|room| {
            let these = room.services.values().filter(is_live).filter(|account| ids.contains(&account.base.id));
            these.map(|account| self.service(room, account)).collect()
        })
    }

    async fn rights(&self, id: ServiceAccountId) -> Result<Option<Rights>, RepositoryError> {
        self.look(|room| service_rights(room, id))
    }

    async fn given(&self, id: ServiceAccountId) -> Result<Vec<GivenRole>, RepositoryError> {
        self.look(|room| {
            let own = room.service_grants.iter().filter(|(grant, _)| grant.account_id == id && self.reaches(grant));
            own.map(|(ServiceGrant { role_id, store_id, .. }, (at, by))| GivenRole {
                role_id: *role_id,
                store_id: *store_id,
                at: *at,
                by: *by,
            })
            .collect()
        })
    }

    async fn grants_of_holders(&self, role: RoleId) -> Result<Vec<HeldRole>, RepositoryError> {
        self.look(|room| {
            let all = room.services.keys().map(|account| service_grants(room, *account, &self.stores));
            let holders = all.filter(|grants| grants.iter().any(|grant| grant.role_id == role));
            holders.flatten().map(HeldRole::from).collect()
        })
    }
}

#[async_trait]
impl ServiceRepository for TenantWork {
    async fn insert(&self, account: &ServiceAccount) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(account.base.tenant_id, None)?;
            if room.services.contains_key(&account.base.id) {
                return conflict(SERVICE_ID_UNIQUE);
            }
            name_is_free(room, account)?;
            room.services.insert(account.base.id, account.clone());
            Ok(())
        })
    }

    async fn update(&self, account: &ServiceAccount, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(account.base.tenant_id, None)?;
            *live_at(room, account.base.id, expected)? = account.clone();
            name_is_free(room, account)
        })
    }

    async fn delete(&self, id: ServiceAccountId, deletion: Deletion, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = live_at(room, id, expected)?;
            row.base.deletion = Some(deletion);
            row.base.touch(deletion.at);
            Ok(())
        })
    }

    async fn grant(&self, grant: &ServiceGrant, by: Principal, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        self.act(|room| {
            self.admit(self.tenant, grant.store_id)?;
            let known = room.services.contains_key(&grant.account_id)
                && room.roles.contains_key(&grant.role_id)
                && grant.store_id.is_none_or(|store| room.stores.contains_key(&store));
            if !known {
                return Err(RepositoryError::MissingReference);
            }
            let fresh = !room.service_grants.contains_key(grant);
            room.service_grants.entry(*grant).or_insert((now, by.person()));
            Ok(fresh)
        })
    }

    async fn revoke(&self, grant: &ServiceGrant) -> Result<bool, RepositoryError> {
        self.act(|room| Ok(self.reaches(grant) && room.service_grants.remove(grant).is_some()))
    }

    async fn revoke_all(&self, id: ServiceAccountId) -> Result<(), RepositoryError> {
        self.act(|room| {
            room.service_grants.retain(|grant, _| grant.account_id != id || !self.reaches(grant));
            Ok(())
        })
    }
}
