//! # Why whoever gives a role keeps to the same rules
//!
//! A member and a service account hold roles in the same way, so one set of rules says who may give and take them: nobody
//! gives more than they hold, nobody takes what they could not give, and a store out of reach does not exist.

use serde_json::json;
use time::OffsetDateTime;

use super::{HeldRole, Role, RoleId};
use crate::Deps;
use crate::audit::NewAudit;
use crate::shared::RepositoryError;
use crate::stores::StoreId;
use crate::tenancy::{Actor, Denied, Holder, Permission, RolesGrant, StoreSet, TenantScope, Write};
use crate::uow::WriteUnit;

/// Why a role is not given or taken.
#[derive(Debug, thiserror::Error)]
pub enum NotGiven {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such role or store within reach.
    #[error("there is no such role or store")]
    NotFound,
    /// The role holds something that the one who acts does not.
    #[error("this concerns permissions that you do not hold")]
    BeyondOwnRights,
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// The scope in which roles can be given and taken at `store`, or in the whole tenant.
pub(crate) fn authorize_giving(actor: &Actor, store: Option<StoreId>) -> Result<TenantScope<Write>, NotGiven> {
    let scope = actor.authorize(RolesGrant)?;
    reaches(scope.stores(), store)?;
    Ok(scope)
}

/// Whether a right at these stores reaches one of them, or the whole tenant.
pub(crate) fn reaches(stores: &StoreSet, store: Option<StoreId>) -> Result<(), NotGiven> {
    match store {
        Some(store) if !stores.contains(store) => Err(NotGiven::NotFound),
        None if *stores != StoreSet::All => Err(Denied::Forbidden(Permission::RolesGrant).into()),
        _ => Ok(()),
    }
}

/// The role that is to be given or taken, its store locked and live.
pub(crate) async fn role_at(unit: &dyn WriteUnit, role: RoleId, store: Option<StoreId>) -> Result<Role, NotGiven> {
    if let Some(store) = store {
        unit.stores().lock(store).await?.ok_or(NotGiven::NotFound)?;
    }
    unit.roles().find(role).await?.ok_or(NotGiven::NotFound)
}

/// Whether the actor holds there all that the role gives there.
pub(crate) fn is_within(actor: &Actor, role: &Role, store: Option<StoreId>) -> bool {
    role.gives(store).is_subset(actor.held(store))
}

/// What is recorded of a role that was given or taken.
pub(crate) fn record_of(deps: &Deps, at: OffsetDateTime, action: &'static str, held: HeldRole) -> NewAudit {
    let object = Holder::from(held.holder).object();
    let detail = json!({ "role_id": held.role_id, "store_id": held.store_id });
    NewAudit { id: deps.ids.next(), at, action, object, detail }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::shared::{Fault, FaultKind};

    fn store(n: u128) -> StoreId {
        StoreId::new(Uuid::from_u128(n))
    }

    #[test]
    fn a_right_at_some_stores_gives_roles_there_and_nowhere_else() {
        let here = StoreSet::Only([store(1)].into());
        assert!(reaches(&here, Some(store(1))).is_ok());
        let elsewhere = reaches(&here, Some(store(2))).unwrap_err();
        assert!(matches!(elsewhere, NotGiven::NotFound), "a store out of reach does not exist");
        let NotGiven::Denied(everywhere) = reaches(&here, None).unwrap_err() else { panic!("denied") };
        assert_eq!(everywhere.kind(), FaultKind::Forbidden);
    }

    #[test]
    fn a_right_in_the_whole_tenant_gives_roles_everywhere() {
        for store in [None, Some(store(1))] {
            assert!(reaches(&StoreSet::All, store).is_ok(), "{store:?}");
        }
    }
}
