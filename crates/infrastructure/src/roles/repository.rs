use async_trait::async_trait;
use cotenant_domain::roles::{
    Role, RoleFilter, RoleId, RoleReader, RoleRepository, RoleSort, SystemRole, read_permissions, stored_permissions,
};
use cotenant_domain::shared::{Id, Name, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::{Base, Deletion, TenantBase, Version};
use cotenant_scoped::{Filter, Mode, Writing};

use super::entity::{Column, Entity, Model};
use crate::error::{corrupt, met, parsed, repository};
use crate::paging::paged;
use crate::stores::deletion;
use crate::unit::TenantUnit;

fn entity(row: Model) -> Result<Role, RepositoryError> {
    let system = row.system_key.as_deref().map(|key| SystemRole::from_key(key).ok_or(corrupt("roles.system_key")));
    Ok(Role {
        base: TenantBase {
            base: Base {
                id: Id::new(row.id),
                created_at: row.created_at,
                updated_at: row.updated_at,
                version: row.version,
            },
            tenant_id: Id::new(row.tenant_id),
            deletion: deletion(row.deleted_at, row.deletion_id)?,
        },
        name: parsed("roles.name", &row.name)?,
        description: row.description.map(|text| parsed("roles.description", &text)).transpose()?,
        permissions: read_permissions(&row.permissions),
        system: system.transpose()?,
    })
}

fn row(role: &Role) -> Model {
    Model {
        tenant_id: role.base.tenant_id.as_uuid(),
        id: role.base.id.as_uuid(),
        name: role.name.to_string(),
        name_key: role.name.key(),
        description: role.description.as_ref().map(ToString::to_string),
        system_key: role.system.map(|system| system.key().to_owned()),
        permissions: stored_permissions(role),
        created_at: role.base.created_at,
        updated_at: role.base.updated_at,
        version: role.base.version,
        deleted_at: role.base.deletion.map(|d| d.at),
        deletion_id: role.base.deletion.map(|d| d.id.as_uuid()),
    }
}

fn this(id: RoleId, version: Version) -> Filter<Entity> {
    Filter::all([Filter::eq(Column::Id, id.as_uuid()), Filter::eq(Column::Version, version)])
}

#[async_trait]
impl<M: Mode> RoleReader for TenantUnit<M> {
    async fn find(&self, id: RoleId) -> Result<Option<Role>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid())).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn find_all(&self, ids: &[RoleId]) -> Result<Vec<Role>, RepositoryError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let among = Filter::is_in(Column::Id, ids.iter().map(|id| id.as_uuid()));
        let rows = self.tx.find::<Entity>().filter(among).all().await.map_err(repository)?;
        rows.into_iter().map(entity).collect()
    }

    async fn find_named(&self, name: &Name) -> Result<Option<Role>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::NameKey, name.key())).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn system(&self, role: SystemRole) -> Result<Option<Role>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::SystemKey, role.key())).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn list(&self, filter: &RoleFilter, page: &PageRequest<RoleSort>) -> Result<Page<Role>, RepositoryError> {
        let mut find = self.tx.find::<Entity>();
        if let Some(text) = &filter.text {
            find = find.filter(Filter::contains(Column::NameKey, text));
        }
        let sort = match page.sort {
            RoleSort::Id => None,
            RoleSort::Name => Some(Column::NameKey),
        };
        let rows = paged(find, page, sort, Column::Id)?.all().await.map_err(repository)?;
        let roles = rows.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(roles, page.limit, |role| Position {
            value: match page.sort {
                RoleSort::Id => SortValue::Id,
                RoleSort::Name => SortValue::Text(role.name.key()),
            },
            id: role.base.id.as_uuid(),
        }))
    }
}

#[async_trait]
impl RoleRepository for TenantUnit<Writing> {
    async fn insert(&self, role: &Role) -> Result<(), RepositoryError> {
        self.tx.insert::<Entity>(row(role)).await.map_err(repository)
    }

    async fn update(&self, role: &Role, expected: Version) -> Result<(), RepositoryError> {
        let row = row(role);
        let change = self
            .tx
            .update::<Entity>()
            .filter(this(role.base.id, expected))
            .set(Column::Name, row.name)
            .set(Column::NameKey, row.name_key)
            .set(Column::Description, row.description)
            .set(Column::Permissions, row.permissions)
            .set(Column::UpdatedAt, row.updated_at)
            .set(Column::Version, row.version);
        met(change.execute().await.map_err(repository)?)
    }

    async fn delete(&self, id: RoleId, deletion: Deletion, expected: Version) -> Result<(), RepositoryError> {
        let which = this(id, expected);
        let rows = self
            .tx
            .soft_delete::<Entity>(which, Column::Version, Column::UpdatedAt, deletion.at, deletion.id.as_uuid())
            .await;
        met(rows.map_err(repository)?)
    }
}
