use serde_json::json;

use super::offer::{Offer, distinct};
use super::send::sending;
use super::{Invitation, InvitationError, InvitationId, InvitationStatus, StoreRole};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::plans::{Resource, there_is_room};
use crate::roles::{Role, RoleId};
use crate::shared::{EmailAddress, RepositoryError};
use crate::stores::StoreId;
use crate::tenancy::{Actor, InvitationsCreate, MemberActor, TenantBase};
use crate::uow::WriteUnit;

/// The most roles that one invitation gives, tenant-wide and at stores together.
pub const MOST_ROLES: usize = 50;

/// An invitation to be made.
#[derive(Debug, Clone)]
pub struct Invite {
    /// The client's own id for it; `None` lets us choose.
    pub id: Option<InvitationId>,
    /// The address it is bound to.
    pub email: EmailAddress,
    /// Roles in the whole tenant.
    pub role_ids: Vec<RoleId>,
    /// Roles at single stores.
    pub store_roles: Vec<StoreRole>,
}

/// Invites whoever reads a mailbox. The answer is the same whether or not the address is known, to this tenant or at all.
///
/// # Errors
///
/// See [`InvitationError`].
pub async fn invite(actor: &MemberActor, deps: &Deps, cmd: Invite) -> Result<Invitation, InvitationError> {
    let scope = actor.authorize(InvitationsCreate)?;
    if cmd.role_ids.len() + cmd.store_roles.len() > MOST_ROLES {
        return Err(InvitationError::TooManyRoles);
    }
    let asked = Offer { role_ids: cmd.role_ids, store_roles: cmd.store_roles };
    let unit = deps.db.write(&scope).await?;
    let roles = known_roles(unit.as_ref(), &asked).await?;
    check_stores(unit.as_ref(), actor, &asked).await?;
    if !asked.is_within(&roles, |store| actor.held(store)) {
        return Err(InvitationError::BeyondOwnRights);
    }
    // Somebody who could not come in is better not invited. Whether there is room is decided when they come.
    if deps.plans.of(actor.plan()).quotas.of(Resource::Members).is_some() {
        let tenant = unit.tenant().get().await?;
        there_is_room::<InvitationError>(&tenant, &deps.plans, unit.as_ref(), Resource::Members).await?;
    }
    // Nobody's mailbox is filled. What is refused above, or done already, is not sent and does not count.
    deps.throttle.invitation(scope.tenant_id(), &cmd.email).await.map_err(InvitationError::TooMany)?;
    let now = deps.clock.now();
    let id = cmd.id.unwrap_or_else(|| InvitationId::new(deps.ids.next()));
    let invitation = Invitation {
        base: TenantBase::new(id, scope.tenant_id(), now),
        email: cmd.email,
        status: InvitationStatus::Pending,
        expires_at: now + deps.policy.invitation,
        invited_by: Some(actor.user_id()),
        role_ids: distinct(asked.role_ids),
        store_roles: distinct(asked.store_roles),
        token_hash: None,
    };
    unit.invitations().insert(&invitation).await?;
    unit.jobs().enqueue(sending(deps, id, now)).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "invitation.created",
        object: Object { kind: "invitation", id: id.as_uuid() },
        detail: json!({ "role_ids": invitation.role_ids, "store_roles": invitation.store_roles }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(invitation)
}

async fn known_roles(unit: &dyn WriteUnit, asked: &Offer) -> Result<Vec<Role>, InvitationError> {
    let roles = unit.roles().find_all(&distinct(asked.all_role_ids())).await?;
    let unknown = unknown_roles(asked, &roles);
    if unknown.is_empty() { Ok(roles) } else { Err(InvitationError::UnknownRole(unknown)) }
}

/// A store in which the actor holds nothing is as unknown as one that does not exist: inviting shows nobody more of the
/// tenant than they see otherwise.
async fn check_stores(unit: &dyn WriteUnit, actor: &Actor, asked: &Offer) -> Result<(), InvitationError> {
    let mut live = live_stores(unit, asked).await?;
    live.retain(|store| !actor.held(Some(*store)).at_a_store().is_empty());
    let unknown = unknown_stores(asked, &live);
    if unknown.is_empty() { Ok(()) } else { Err(InvitationError::UnknownStore(unknown)) }
}

/// Those of the offer's stores that are live.
pub(super) async fn live_stores(unit: &dyn WriteUnit, offer: &Offer) -> Result<Vec<StoreId>, RepositoryError> {
    let mut live = Vec::new();
    for id in offer.store_ids() {
        if unit.stores().find(id).await?.is_some() {
            live.push(id);
        }
    }
    Ok(live)
}

fn unknown_roles(asked: &Offer, roles: &[Role]) -> Vec<String> {
    let unknown = |id: &RoleId| roles.iter().all(|role| role.base.id != *id);
    let tenant_wide = asked.role_ids.iter().enumerate().filter(|(_, id)| unknown(id));
    let at_stores = asked.store_roles.iter().enumerate().filter(|(_, given)| unknown(&given.role_id));
    tenant_wide
        .map(|(i, _)| format!("/role_ids/{i}"))
        .chain(at_stores.map(|(i, _)| format!("/store_roles/{i}/role_id")))
        .collect()
}

fn unknown_stores(asked: &Offer, live: &[StoreId]) -> Vec<String> {
    let at_stores = asked.store_roles.iter().enumerate().filter(|(_, given)| !live.contains(&given.store_id));
    at_stores.map(|(i, _)| format!("/store_roles/{i}/store_id")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn unknown_roles_and_stores_are_pointed_at_where_the_client_wrote_them() {
        let (role, store) = (RoleId::new(Uuid::from_u128(1)), StoreId::new(Uuid::from_u128(2)));
        let other = StoreId::new(Uuid::from_u128(3));
        let at = |store_id| StoreRole { store_id, role_id: role };
        let asked = Offer { role_ids: vec![role, role], store_roles: vec![at(store), at(other)] };
        let everything = ["/role_ids/0", "/role_ids/1", "/store_roles/0/role_id", "/store_roles/1/role_id"];
        assert_eq!(unknown_roles(&asked, &[]), everything);
        assert_eq!(unknown_stores(&asked, &[store]), ["/store_roles/1/store_id"]);
    }
}
