use secrecy::SecretString;
use serde_json::{Value, json};

use super::credential::tell;
use super::new_password::{Chooser, set};
use super::tell_password::telling;
use super::{Attempt, PasswordError, SessionId, UserId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::platform::NewPlatformAudit;
use crate::shared::RepositoryError;
use crate::support::end_all_of;
use crate::tenancy::{MemberActor, Operator, Origin, PlatformScope, Principal, Write};
use crate::uow::PlatformUnit;

/// A change of one's own password.
#[derive(Debug)]
pub struct ChangePassword {
    /// The present one, as typed.
    pub current: SecretString,
    /// The next one, as typed.
    pub new: SecretString,
}

/// Whoever is signed in, wherever that is.
#[derive(Debug, Clone, Copy)]
pub enum SignedInPerson<'a> {
    /// A member of a tenant.
    Member(&'a MemberActor),
    /// An operator of the platform.
    Operator(&'a Operator),
}

/// Changes the password of whoever is signed in. It takes the present one (ASVS 6.2.3), which is tried as rarely as at
/// sign-in, and ends every other session of the person in all tenants and at the platform, and what support grants they
/// have as an operator; who changes it as an operator signs in anew. It works in a suspended tenant too.
///
/// # Errors
///
/// See [`PasswordError`].
pub async fn change_password(deps: &Deps, by: SignedInPerson<'_>, cmd: ChangePassword) -> Result<(), PasswordError> {
    let (id, chooser) = (by.user_id(), prove(deps, by, cmd.current).await?);
    let hash = chooser.hash(deps, cmd.new).await?;
    let unit = deps.db.person().await?;
    // Another change since the present one was checked: the session that asks has ended with it, unless it made it.
    if unit.people().lock(id).await?.is_none_or(|person| person.epoch != chooser.person.epoch) {
        return Err(PasswordError::Ended);
    }
    let ended = set(unit.as_ref(), deps, id, &hash, by.session()).await?;
    let unit = unit.platform(&by.scope()).await?;
    let unit = end_all_of(unit, &by.scope(), deps, id, "password_changed").await?;
    unit.jobs().enqueue(telling(deps, id, deps.clock.now())).await?;
    Ok(by.record(deps, unit, "password.changed", json!({ "sessions_ended": ended })).await?)
}

/// Takes the present password of whoever is signed in, as rarely as at sign-in.
pub(crate) async fn prove(
    deps: &Deps,
    by: SignedInPerson<'_>,
    current: SecretString,
) -> Result<Chooser, PasswordError> {
    let id = by.user_id();
    let (chooser, hash) = {
        let unit = deps.db.person().await?;
        let chooser = Chooser::find(unit.as_ref(), id).await?.ok_or(PasswordError::Ended)?;
        (chooser, unit.people().password(id).await?)
    };
    let who = Attempt { email: &chooser.person.email, address: by.origin().address.as_deref() };
    deps.throttle.attempt(who).await?;
    let check = deps.passwords.verify(current, hash).await;
    tell(deps, who, check.as_ref().ok().map(|check| check.is_right())).await;
    if check?.is_right() {
        return Ok(chooser);
    }
    let unit = deps.db.platform(&by.scope()).await?;
    by.record(deps, unit, "password.refused", json!({})).await?;
    Err(PasswordError::Wrong)
}

impl SignedInPerson<'_> {
    pub(crate) fn user_id(self) -> UserId {
        match self {
            Self::Member(actor) => actor.user_id(),
            Self::Operator(operator) => operator.user_id(),
        }
    }

    pub(crate) fn origin(&self) -> &Origin {
        match self {
            Self::Member(actor) => actor.origin(),
            Self::Operator(operator) => operator.origin(),
        }
    }

    /// The session in a tenant that asks.
    pub(crate) fn session(self) -> Option<SessionId> {
        match self {
            Self::Member(actor) => Some(actor.session_id()),
            Self::Operator(_) => None,
        }
    }

    /// The right to work on the platform's records on the person's behalf.
    pub(crate) fn scope(self) -> PlatformScope {
        match self {
            Self::Member(actor) => PlatformScope::new(Principal::User(actor.user_id()), actor.origin().clone()),
            Self::Operator(operator) => operator.platform(),
        }
    }

    /// Records an event in the log of where the person is signed in, and commits.
    pub(crate) async fn record(
        self,
        deps: &Deps,
        unit: Box<dyn PlatformUnit>,
        action: &'static str,
        detail: Value,
    ) -> Result<(), RepositoryError> {
        let (id, at) = (deps.ids.next(), deps.clock.now());
        match self {
            Self::Member(actor) => {
                let unit = unit.enter(&actor.own_scope::<Write>()).await?;
                let object = Object { kind: "member", id: actor.user_id().as_uuid() };
                unit.audit().record(NewAudit { id, at, action, object, detail }).await?;
                unit.commit().await
            }
            Self::Operator(operator) => {
                let object_id = Some(operator.user_id().as_uuid());
                unit.audit().record(NewPlatformAudit { id, at, action, object_id, detail }).await?;
                unit.commit().await
            }
        }
    }
}
