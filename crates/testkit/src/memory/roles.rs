use async_trait::async_trait;
use cotenant_domain::roles::{
    ROLE_ID_UNIQUE, ROLE_NAME_UNIQUE, Role, RoleFilter, RoleId, RoleReader, RoleRepository, RoleSort, SystemRole,
};
use cotenant_domain::shared::{Name, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::{Deletion, Version};

use super::paging::{matches, page};
use super::state::{Room, conflict};
use super::unit::TenantWork;

fn is_live(role: &&Role) -> bool {
    role.base.deletion.is_none()
}

fn position(role: &Role, sort: RoleSort) -> Position {
    let value = match sort {
        RoleSort::Id => SortValue::Id,
        RoleSort::Name => SortValue::Text(role.name.key()),
    };
    Position { value, id: role.base.id.as_uuid() }
}

fn name_is_free(room: &Room, role: &Role) -> Result<(), RepositoryError> {
    let taken = |other: &Role| other.base.id != role.base.id && other.name.key() == role.name.key();
    if room.roles.values().filter(is_live).any(taken) { conflict(ROLE_NAME_UNIQUE) } else { Ok(()) }
}

fn live_at(room: &mut Room, id: RoleId, version: Version) -> Result<&mut Role, RepositoryError> {
    let row = room.roles.get_mut(&id).filter(|row| row.base.deletion.is_none() && row.base.version == version);
    row.ok_or(RepositoryError::Stale)
}

#[async_trait]
impl RoleReader for TenantWork {
    async fn find(&self, id: RoleId) -> Result<Option<Role>, RepositoryError> {
        self.look(|room| room.roles.get(&id).filter(is_live).cloned())
    }

    async fn find_all(&self, ids: &[RoleId]) -> Result<Vec<Role>, RepositoryError> {
        self.look(|room| {
            room.roles.values().filter(is_live).filter(|role| ids.contains(&role.base.id)).cloned().collect()
        })
    }

    async fn find_named(&self, name: &Name) -> Result<Option<Role>, RepositoryError> {
        self.look(|room| room.roles.values().filter(is_live).find(|role| role.name.key() == name.key()).cloned())
    }

    async fn system(&self, role: SystemRole) -> Result<Option<Role>, RepositoryError> {
        self.look(|room| room.roles.values().filter(is_live).find(|row| row.system == Some(role)).cloned())
    }

    async fn list(&self, filter: &RoleFilter, request: &PageRequest<RoleSort>) -> Result<Page<Role>, RepositoryError> {
        self.look(|room| {
            let named = |role: &&Role| matches(filter.text.as_ref(), [role.name.key(), String::new()]);
            page(room.roles.values().filter(is_live).filter(named), request, |role| position(role, request.sort))
        })
    }
}

#[async_trait]
impl RoleRepository for TenantWork {
    async fn insert(&self, role: &Role) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(role.base.tenant_id, None)?;
            if room.roles.contains_key(&role.base.id) {
                return conflict(ROLE_ID_UNIQUE);
            }
            name_is_free(room, role)?;
            room.roles.insert(role.base.id, role.clone());
            Ok(())
        })
    }

    async fn update(&self, role: &Role, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(role.base.tenant_id, None)?;
            *live_at(room, role.base.id, expected)? = role.clone();
            name_is_free(room, role)
        })
    }

    async fn delete(&self, id: RoleId, deletion: Deletion, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = live_at(room, id, expected)?;
            row.base.deletion = Some(deletion);
            row.base.touch(deletion.at);
            Ok(())
        })
    }
}
