use std::collections::BTreeSet;

use async_trait::async_trait;
use cotenant_domain::identity::UserId;
use cotenant_domain::members::{
    Member, MemberFilter, MemberReader, MemberRepository, MemberSort, Membership, MembershipStatus, RoleGrant,
};
use cotenant_domain::roles::{GivenRole, HeldRole, RoleId, RoleReader, SystemRole};
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::{Holder, Principal, Rights, Version};
use cotenant_scoped::{Filter, Mode, Writing};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{directory, grants, membership, user_role, user_store_role};
use crate::access::rights_now;
use crate::error::{corrupt, met, parsed, repository};
use crate::paging::paged;
use crate::roles::{NAMED, given};
use crate::unit::TenantUnit;

fn member(row: directory::Model, grants: &[grants::Model]) -> Result<Member, RepositoryError> {
    let own = grants.iter().filter(|grant| grant.user_id == row.user_id);
    Ok(Member {
        membership: Membership {
            user_id: Id::new(row.user_id),
            status: MembershipStatus::parse(&row.status).ok_or(corrupt("tenant_users.status"))?,
            epoch: row.epoch,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        },
        email: parsed("users.email", &row.email)?,
        email_verified: row.email_verified_at.is_some(),
        display_name: parsed("users.display_name", &row.display_name)?,
        grants: own.map(grant).collect(),
    })
}

fn grant(row: &grants::Model) -> RoleGrant {
    RoleGrant { user_id: Id::new(row.user_id), role_id: Id::new(row.role_id), store_id: row.store_id.map(Id::new) }
}

impl<M: Mode> TenantUnit<M> {
    /// The live grants of some members, in one statement.
    async fn grants_of(&self, users: Vec<Uuid>) -> Result<Vec<grants::Model>, RepositoryError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let find = self.tx.find::<grants::Entity>().filter(Filter::is_in(grants::Column::UserId, users));
        let mut rows = find.all().await.map_err(repository)?;
        rows.sort_by_key(|grant| (grant.store_id, grant.role_id));
        Ok(rows)
    }
}

#[async_trait]
impl<M: Mode> MemberReader for TenantUnit<M> {
    async fn find(&self, user: UserId) -> Result<Option<Member>, RepositoryError> {
        let this = Filter::eq(directory::Column::UserId, user.as_uuid());
        let Some(row) = self.tx.find::<directory::Entity>().filter(this).one().await.map_err(repository)? else {
            return Ok(None);
        };
        let grants = self.grants_of(vec![row.user_id]).await?;
        member(row, &grants).map(Some)
    }

    async fn list(
        &self,
        filter: &MemberFilter,
        page: &PageRequest<MemberSort>,
    ) -> Result<Page<Member>, RepositoryError> {
        use directory::Column;
        let mut find = self.tx.find::<directory::Entity>();
        find = match filter.status {
            Some(status) => find.filter(Filter::eq(Column::Status, status.as_str())),
            None => find.filter(Filter::is_in(
                Column::Status,
                [MembershipStatus::Active.as_str(), MembershipStatus::Suspended.as_str()],
            )),
        };
        if let Some(text) = &filter.text {
            let named = [Filter::contains(Column::EmailKey, text), Filter::contains(Column::DisplayNameKey, text)];
            find = find.filter(Filter::any(named));
        }
        let sort = match page.sort {
            MemberSort::Id => None,
            MemberSort::Email => Some(Column::EmailKey),
            MemberSort::DisplayName => Some(Column::DisplayNameKey),
        };
        let rows = paged(find, page, sort, Column::UserId)?.all().await.map_err(repository)?;
        let grants = self.grants_of(rows.iter().map(|row| row.user_id).collect()).await?;
        let members = rows.into_iter().map(|row| member(row, &grants)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(members, page.limit, |member| Position {
            value: match page.sort {
                MemberSort::Id => SortValue::Id,
                MemberSort::Email => SortValue::Text(member.email.key()),
                MemberSort::DisplayName => SortValue::Text(member.display_name.key()),
            },
            id: member.membership.user_id.as_uuid(),
        }))
    }

    async fn find_all(&self, users: &[UserId]) -> Result<Vec<Member>, RepositoryError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let users: Vec<_> = users.iter().map(|user| user.as_uuid()).collect();
        let these = Filter::is_in(directory::Column::UserId, users.clone());
        let rows = self.tx.find::<directory::Entity>().filter(these).all().await.map_err(repository)?;
        let grants = self.grants_of(users).await?;
        rows.into_iter().map(|row| member(row, &grants)).collect()
    }

    async fn rights(&self, user: UserId) -> Result<Option<Rights>, RepositoryError> {
        Ok(rights_now(&self.tx, Holder::Member(user)).await?.map(|read| read.rights.as_ref().clone()))
    }

    async fn given(&self, user: UserId) -> Result<Vec<GivenRole>, RepositoryError> {
        let everywhere = Filter::eq(user_role::Column::UserId, user.as_uuid());
        let everywhere = self.tx.find::<user_role::Entity>().filter(everywhere).all().await.map_err(repository)?;
        let at_stores = Filter::eq(user_store_role::Column::UserId, user.as_uuid());
        let at_stores = self.tx.find::<user_store_role::Entity>().filter(at_stores).all().await.map_err(repository)?;
        let everywhere = everywhere.iter().map(|row| given(row.role_id, None, row.granted_at, row.granted_by));
        let at_stores =
            at_stores.iter().map(|row| given(row.role_id, Some(row.store_id), row.granted_at, row.granted_by));
        Ok(everywhere.chain(at_stores).collect())
    }

    async fn grants_of_holders(&self, role: RoleId) -> Result<Vec<HeldRole>, RepositoryError> {
        use grants::Column;
        let held = Filter::eq(Column::RoleId, role.as_uuid());
        let held = self.tx.find::<grants::Entity>().filter(held).all().await.map_err(repository)?;
        let holders: BTreeSet<_> = held.into_iter().map(|grant| grant.user_id).collect();
        if holders.is_empty() {
            return Ok(Vec::new());
        }
        let mut find = self.tx.find::<grants::Entity>();
        if holders.len() <= NAMED {
            find = find.filter(Filter::is_in(Column::UserId, holders.iter().copied()));
        }
        let rows = find.all().await.map_err(repository)?;
        Ok(rows.iter().filter(|row| holders.contains(&row.user_id)).map(|row| grant(row).into()).collect())
    }
}

#[async_trait]
impl MemberRepository for TenantUnit<Writing> {
    async fn insert(&self, membership: &Membership) -> Result<(), RepositoryError> {
        let row = membership::Model {
            tenant_id: self.tenant,
            user_id: membership.user_id.as_uuid(),
            status: membership.status.as_str().into(),
            epoch: membership.epoch,
            created_at: membership.created_at,
            updated_at: membership.updated_at,
            version: membership.version,
        };
        self.tx.insert::<membership::Entity>(row).await.map_err(repository)
    }

    async fn update(&self, membership: &Membership, expected: Version) -> Result<(), RepositoryError> {
        use membership::Column;
        let which = [Filter::eq(Column::UserId, membership.user_id.as_uuid()), Filter::eq(Column::Version, expected)];
        let change = self
            .tx
            .update::<membership::Entity>()
            .filter(Filter::all(which))
            .set(Column::Status, membership.status.as_str())
            .set(Column::Epoch, membership.epoch)
            .set(Column::UpdatedAt, membership.updated_at)
            .set(Column::Version, membership.version);
        met(change.execute().await.map_err(repository)?)
    }

    async fn grant(&self, grant: &RoleGrant, by: Principal, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        let (user_id, role_id) = (grant.user_id.as_uuid(), grant.role_id.as_uuid());
        // Who gave it is told as a person, and a program is none; the audit log knows it.
        let granted_by = by.person().map(|user| user.as_uuid());
        let fresh = match grant.store_id {
            None => {
                let row = user_role::Model { tenant_id: self.tenant, user_id, role_id, granted_at: now, granted_by };
                self.tx.insert_new::<user_role::Entity>(row).await
            }
            Some(store) => {
                let row = user_store_role::Model {
                    tenant_id: self.tenant,
                    user_id,
                    store_id: store.as_uuid(),
                    role_id,
                    granted_at: now,
                    granted_by,
                };
                self.tx.insert_new::<user_store_role::Entity>(row).await
            }
        };
        fresh.map_err(repository)
    }

    async fn revoke(&self, grant: &RoleGrant) -> Result<bool, RepositoryError> {
        let (user, role) = (grant.user_id.as_uuid(), grant.role_id.as_uuid());
        let rows = match grant.store_id {
            None => {
                use user_role::Column;
                let which = [Filter::eq(Column::UserId, user), Filter::eq(Column::RoleId, role)];
                self.tx.revoke::<user_role::Entity>(Filter::all(which)).await
            }
            Some(store) => {
                use user_store_role::Column;
                let which = [
                    Filter::eq(Column::UserId, user),
                    Filter::eq(Column::RoleId, role),
                    Filter::eq(Column::StoreId, store.as_uuid()),
                ];
                self.tx.revoke::<user_store_role::Entity>(Filter::all(which)).await
            }
        };
        Ok(rows.map_err(repository)? > 0)
    }

    async fn revoke_all(&self, user: UserId) -> Result<(), RepositoryError> {
        let everywhere = Filter::eq(user_role::Column::UserId, user.as_uuid());
        self.tx.revoke::<user_role::Entity>(everywhere).await.map_err(repository)?;
        let at_stores = Filter::eq(user_store_role::Column::UserId, user.as_uuid());
        self.tx.revoke::<user_store_role::Entity>(at_stores).await.map_err(repository)?;
        Ok(())
    }

    async fn count_owners(&self) -> Result<u64, RepositoryError> {
        let Some(owner) = self.system(SystemRole::Owner).await? else {
            return Ok(0);
        };
        let role = Filter::eq(user_role::Column::RoleId, owner.base.id.as_uuid());
        let holders = self.tx.find::<user_role::Entity>().filter(role).all().await.map_err(repository)?;
        let active = Filter::all([
            Filter::is_in(membership::Column::UserId, holders.into_iter().map(|grant| grant.user_id)),
            Filter::eq(membership::Column::Status, MembershipStatus::Active.as_str()),
        ]);
        self.tx.find::<membership::Entity>().filter(active).count().await.map_err(repository)
    }
}
