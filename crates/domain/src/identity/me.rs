use std::collections::BTreeMap;

use super::SessionError;
use super::sign_in::{Profile, SessionTenant};
use crate::Deps;
use crate::stores::StoreId;
use crate::tenancy::{MemberActor, PermissionSet, Read};
use crate::tenants::{TenantStatus, own_tenant};

/// Who is signed in, where, and what they may do there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The person.
    pub user: Profile,
    /// The tenant.
    pub tenant: SessionTenant,
    /// The tenant's status at this moment: one whose time has run out is suspended.
    pub tenant_status: TenantStatus,
    /// The permissions held in the whole tenant.
    pub permissions: PermissionSet,
    /// The permissions held at single stores, beside those held everywhere.
    pub store_permissions: BTreeMap<StoreId, PermissionSet>,
}

/// Tells the actor who they are. It works in a suspended tenant too.
///
/// # Errors
///
/// See [`SessionError`].
pub async fn me(actor: &MemberActor, deps: &Deps) -> Result<Me, SessionError> {
    let unit = deps.db.read(&actor.own_scope::<Read>()).await?;
    let member = unit.members().find(actor.user_id()).await?.ok_or(SessionError::Ended)?;
    let tenant = own_tenant(deps, unit.as_ref()).await?;
    Ok(Me {
        user: Profile {
            id: actor.user_id(),
            email: member.email,
            email_verified: member.email_verified,
            display_name: member.display_name,
        },
        tenant: SessionTenant { id: tenant.base.id, slug: tenant.slug, name: tenant.name },
        tenant_status: tenant.status.effective(tenant.expires_at, deps.clock.now()),
        permissions: actor.permissions(),
        store_permissions: actor.store_permissions().clone(),
    })
}
