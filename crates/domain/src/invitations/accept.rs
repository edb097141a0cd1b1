use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use time::OffsetDateTime;

use super::join::{enrol, give, worth};
use super::offer::Offer;
use super::{AcceptError, Invitation, InvitationStatus, InvitationToken};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::identity::{self, PasswordHash, Person, SessionTenant, UserId};
use crate::shared::{DisplayName, EmailAddress};
use crate::tenancy::{Base, MemberActor, Origin, Principal, StoreSet, TenantScope};
use crate::tenants::{Tenant, TenantId};
use crate::uow::{PersonUnit, WriteUnit};

/// An acceptance of an invitation.
#[derive(Debug)]
pub struct Accept<'a> {
    /// The token from the message.
    pub token: SecretString,
    /// Who accepts.
    pub by: AcceptBy<'a>,
}

/// Who accepts an invitation.
#[derive(Debug)]
pub enum AcceptBy<'a> {
    /// Somebody without an account, who makes one.
    New {
        /// What they call themselves.
        display_name: DisplayName,
        /// The password to set.
        password: SecretString,
    },
    /// Somebody with an account to whom no tenant is left to sign in to: they were removed from their last one, or it was
    /// closed. They show their password here instead.
    Returning {
        /// The password they have; it is checked and stays as it is.
        password: SecretString,
    },
    /// Somebody who is signed in, to whatever tenant, one that is suspended included: joining another needs nothing of it.
    Known(&'a MemberActor),
}

/// An invitation was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The tenant that was joined.
    pub tenant: SessionTenant,
    /// Who joined it.
    pub user_id: UserId,
}

/// Who joins, with what is stored of a new person.
enum Entrant {
    New(Box<Person>, PasswordHash),
    /// The person, and the address that the message went to.
    Known(UserId, EmailAddress),
}

/// Accepts an invitation: the one way into a tenant. It makes a new person where nobody has the address, and never sets the
/// password of a person who is known.
///
/// # Errors
///
/// See [`AcceptError`].
pub async fn accept(deps: &Deps, origin: Origin, cmd: Accept<'_>) -> Result<Accepted, AcceptError> {
    let token = InvitationToken::parse(cmd.token.expose_secret()).ok_or(AcceptError::NotFound)?;
    let user_id = match &cmd.by {
        AcceptBy::New { .. } | AcceptBy::Returning { .. } => UserId::new(deps.ids.next()),
        AcceptBy::Known(actor) => actor.user_id(),
    };
    let mut entry =
        Entry { tenant_id: token.tenant_id, user_id, origin, hash: token.secret.hash(), now: deps.clock.now() };
    let (invitation, tenant) = entry.look(deps).await?;
    let entrant = match cmd.by {
        AcceptBy::Known(_) => Entrant::Known(user_id, invitation.email),
        AcceptBy::Returning { password } => {
            entry.user_id = recognise(deps, &entry.origin, &invitation.email, password).await?;
            Entrant::Known(entry.user_id, invitation.email)
        }
        AcceptBy::New { display_name, password } => {
            let personal =
                [invitation.email.as_str(), display_name.as_str(), tenant.name.as_str(), tenant.slug.as_str()];
            let password = identity::choose(deps.screen.as_ref(), password, &personal)?;
            // No unit is open meanwhile: a database connection must not wait for the hashing.
            let hash = deps.passwords.hash(password.into_secret()).await?;
            let base = Base::new(user_id, entry.now);
            // The token came by mail to this address: that it is theirs is shown.
            let (email, email_verified_at) = (invitation.email, Some(entry.now));
            Entrant::New(Box::new(Person { base, email, email_verified_at, display_name, epoch: 1 }), hash)
        }
    };
    entry.enter(deps, entrant).await
}

/// The person with the invited address, by their password: the same check, and the same record of a refusal, as at sign-in.
async fn recognise(
    deps: &Deps,
    origin: &Origin,
    email: &EmailAddress,
    password: SecretString,
) -> Result<UserId, AcceptError> {
    let person = identity::verify(deps, origin, email, password).await?;
    Ok(person.base.id)
}

/// One attempt to come in.
struct Entry {
    tenant_id: TenantId,
    user_id: UserId,
    origin: Origin,
    hash: [u8; 32],
    now: OffsetDateTime,
}

impl Entry {
    /// The token's own tenant: to hold an invitation is the right to look at it.
    fn scope<A>(&self) -> TenantScope<A> {
        TenantScope::new(self.tenant_id, StoreSet::All, Principal::User(self.user_id), self.origin.clone())
    }

    /// The invitation and its tenant, before anything is done for it: a token that opens nothing costs us no hashing.
    async fn look(&self, deps: &Deps) -> Result<(Invitation, Tenant), AcceptError> {
        let unit = deps.db.read(&self.scope()).await?;
        let invitation = self.open(unit.invitations().find_by_token(&self.hash).await?)?;
        let tenant = self.in_use(unit.tenant().get().await?)?;
        Ok((invitation, tenant))
    }

    async fn enter(&self, deps: &Deps, entrant: Entrant) -> Result<Accepted, AcceptError> {
        let unit = deps.db.person().await?;
        let email = admit(unit.as_ref(), &entrant, self.now).await?;
        let unit = unit.enter(&self.scope()).await?;
        unit.tenant().raise_access_version().await?;
        let tenant = self.in_use(unit.tenant().get().await?)?;
        let mut invitation = self.open(unit.invitations().find_by_token(&self.hash).await?)?;
        if invitation.email.key() != email.key() {
            return Err(AcceptError::NotFound);
        }
        let (given, passed_over) = worth(unit.as_ref(), &invitation).await?;
        let version = invitation.base.version;
        invitation.close(InvitationStatus::Accepted, self.now);
        unit.invitations().update(&invitation, version).await?;
        enrol(unit.as_ref(), (&tenant, &*deps.plans), self.user_id, invitation.base.created_at, self.now).await?;
        give(unit.as_ref(), self.user_id, &given, self.now).await?;
        self.record(unit.as_ref(), deps, &invitation, &given, &passed_over).await?;
        unit.commit().await?;
        let tenant = SessionTenant { id: self.tenant_id, slug: tenant.slug, name: tenant.name };
        Ok(Accepted { tenant, user_id: self.user_id })
    }

    fn open(&self, found: Option<Invitation>) -> Result<Invitation, AcceptError> {
        found.filter(|invitation| invitation.is_open(self.now)).ok_or(AcceptError::NotFound)
    }

    fn in_use(&self, tenant: Tenant) -> Result<Tenant, AcceptError> {
        if tenant.status.is_in_use(tenant.expires_at, self.now) { Ok(tenant) } else { Err(AcceptError::NotFound) }
    }

    async fn record(
        &self,
        unit: &dyn WriteUnit,
        deps: &Deps,
        invitation: &Invitation,
        given: &Offer,
        passed_over: &Offer,
    ) -> Result<(), AcceptError> {
        let event = NewAudit {
            id: deps.ids.next(),
            at: self.now,
            action: "invitation.accepted",
            object: Object { kind: "invitation", id: invitation.base.id.as_uuid() },
            detail: json!({
                "user_id": self.user_id,
                "role_ids": given.role_ids,
                "store_roles": given.store_roles,
                "passed_over": { "role_ids": passed_over.role_ids, "store_roles": passed_over.store_roles },
            }),
        };
        Ok(unit.audit().record(event).await?)
    }
}

/// Adds a new person, or finds the known one; gives the address they come with.
async fn admit(unit: &dyn PersonUnit, entrant: &Entrant, now: OffsetDateTime) -> Result<EmailAddress, AcceptError> {
    match entrant {
        Entrant::New(person, hash) => {
            if unit.people().find_by_email(&person.email).await?.is_some() {
                return Err(AcceptError::SignInFirst);
            }
            unit.people().insert(person, hash).await?;
            Ok(person.email.clone())
        }
        Entrant::Known(id, invited) => {
            let person = unit.people().find(*id).await?.ok_or(AcceptError::NotFound)?;
            // Another spelling may be another mailbox.
            if person.email_verified_at.is_none() && person.email == *invited {
                unit.people().verify_email(*id, now).await?;
            }
            Ok(person.email)
        }
    }
}
