use std::collections::BTreeSet;

use super::{Service, ServiceAccountId, ServiceError, ServiceGrant, ServiceReader};
use crate::roles::{GivenRole, Role, SystemRole, is_within, reaches, role_at};
use crate::tenancy::{Actor, TenantScope, Write};
use crate::uow::WriteUnit;

/// The service account, unless there is none.
pub(super) async fn present(services: &dyn ServiceReader, id: ServiceAccountId) -> Result<Service, ServiceError> {
    services.find(id).await?.ok_or(ServiceError::NotFound)
}

/// Refuses to act on, or to make a key for, an account that holds more than the actor, in the whole tenant or at any store:
/// at a deleted one too, or whoever may delete and restore it could have a key made meanwhile.
pub(super) async fn not_above(actor: &Actor, unit: &dyn WriteUnit, service: &Service) -> Result<(), ServiceError> {
    let given = unit.services().given(service.account.base.id).await?;
    let ids: BTreeSet<_> = given.iter().map(|grant| grant.role_id).collect();
    let roles = unit.roles().find_all(&Vec::from_iter(ids)).await?;
    if is_not_above(actor, &given, &roles) { Ok(()) } else { Err(ServiceError::BeyondOwnRights) }
}

fn is_not_above(actor: &Actor, given: &[GivenRole], roles: &[Role]) -> bool {
    let within = |grant: &GivenRole| {
        let role = roles.iter().find(|role| role.base.id == grant.role_id);
        role.is_none_or(|role| is_within(actor, role, grant.store_id))
    };
    given.iter().all(within)
}

/// Refuses the owner role: a tenant is owned by people.
pub(super) fn not_the_owner(role: &Role) -> Result<(), ServiceError> {
    if role.system == Some(SystemRole::Owner) { Err(ServiceError::OwnerRole) } else { Ok(()) }
}

/// The service account and the role of a grant that the actor may give or take, its store locked and live.
pub(super) async fn parties(
    actor: &Actor,
    unit: &dyn WriteUnit,
    grant: &ServiceGrant,
) -> Result<(Service, Role), ServiceError> {
    let role = role_at(unit, grant.role_id, grant.store_id).await?;
    let service = present(unit.services(), grant.account_id).await?;
    if !is_within(actor, &role, grant.store_id) {
        return Err(ServiceError::BeyondOwnRights);
    }
    Ok((service, role))
}

/// The service as somebody sees it who may give roles in this scope: at the stores that it reaches, and no other.
pub(super) fn within_reach(mut service: Service, scope: &TenantScope<Write>) -> Service {
    service.grants.retain(|grant| reaches(scope.stores(), grant.store_id).is_ok());
    service
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::identity::UserId;
    use crate::roles::RoleId;
    use crate::stores::StoreId;
    use crate::tenancy::{Grant, TenantBase};
    use crate::tenants::TenantId;

    fn role(system: SystemRole) -> Role {
        Role {
            base: TenantBase::new(RoleId::new(Uuid::nil()), TenantId::new(Uuid::nil()), OffsetDateTime::UNIX_EPOCH),
            name: system.key().parse().unwrap(),
            description: None,
            permissions: system.permissions(),
            system: Some(system),
        }
    }

    fn held(store: Option<u128>) -> GivenRole {
        let store_id = store.map(|n| StoreId::new(Uuid::from_u128(n)));
        GivenRole { role_id: RoleId::new(Uuid::nil()), store_id, at: OffsetDateTime::UNIX_EPOCH, by: None }
    }

    #[test]
    fn nobody_acts_as_an_account_that_holds_more() {
        let everywhere = Grant { store: None, permissions: SystemRole::Member.permissions() };
        let member = Actor::for_rules(UserId::new(Uuid::nil()), TenantId::new(Uuid::nil()), &[everywhere]);
        assert!(is_not_above(&member, &[], &[]), "an account without roles is above nobody");
        assert!(is_not_above(&member, &[held(None), held(Some(1))], &[role(SystemRole::Member)]));
        assert!(
            !is_not_above(&member, &[held(Some(1))], &[role(SystemRole::Admin)]),
            "what is held at a store counts too"
        );
        assert!(!is_not_above(&member, &[held(None)], &[role(SystemRole::Admin)]));
    }

    #[test]
    fn the_owner_role_is_for_people() {
        assert!(not_the_owner(&role(SystemRole::Owner)).is_err());
        assert!(not_the_owner(&role(SystemRole::Admin)).is_ok());
    }
}
