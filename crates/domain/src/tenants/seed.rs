use std::str::FromStr;

use time::OffsetDateTime;

use super::TenantId;
use crate::Deps;
use crate::roles::{Role, RoleId, SystemRole};
use crate::shared::{InvalidText, RepositoryError};
use crate::tenancy::TenantBase;
use crate::uow::WriteUnit;

/// Gives a tenant that is being created the three roles that every tenant has, and answers the owner's.
pub(crate) async fn seed_tenant(
    unit: &dyn WriteUnit,
    deps: &Deps,
    tenant_id: TenantId,
    now: OffsetDateTime,
) -> Result<RoleId, RepositoryError> {
    unit.tenant().raise_access_version().await?;
    let owner = RoleId::new(deps.ids.next());
    for system in SystemRole::ALL {
        let id = if system == SystemRole::Owner { owner } else { RoleId::new(deps.ids.next()) };
        let role = Role {
            base: TenantBase::new(id, tenant_id, now),
            name: constant(name(system))?,
            description: None,
            permissions: system.permissions(),
            system: Some(system),
        };
        unit.roles().insert(&role).await?;
    }
    Ok(owner)
}

const fn name(system: SystemRole) -> &'static str {
    match system {
        SystemRole::Owner => "Owner",
        SystemRole::Admin => "Admin",
        SystemRole::Member => "Member",
    }
}

/// Parses a text of ours. That each parses is tested where it stands, so a failure is a defect and nothing is to be done
/// about it but to say so.
pub(crate) fn constant<T: FromStr<Err = InvalidText>>(text: &'static str) -> Result<T, RepositoryError> {
    text.parse().map_err(|error| RepositoryError::Failed(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::Name;

    #[test]
    fn every_system_role_has_a_name_of_its_own() {
        let names: Vec<Name> = SystemRole::ALL.into_iter().map(|role| constant(name(role)).unwrap()).collect();
        assert_eq!(names.iter().map(Name::as_str).collect::<Vec<_>>(), ["Owner", "Admin", "Member"]);
    }
}
