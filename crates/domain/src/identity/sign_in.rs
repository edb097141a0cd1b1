use std::collections::BTreeSet;

use secrecy::SecretString;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::model::{OwnMembership, Person, TenantClaims, UserId};
use super::ports::TokenError;
use super::refresh_token::{RefreshState, RefreshToken};
use super::session::{Session, SessionId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::members::MembershipStatus;
use crate::shared::{DisplayName, EmailAddress, Name, RepositoryError, Slug};
use crate::tenancy::{Origin, Principal, StoreSet, TenantScope};
use crate::tenants::{TenantId, TenantStatus};
use crate::uow::PersonUnit;

/// A person as they see themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Their id.
    pub id: UserId,
    /// Their address.
    pub email: EmailAddress,
    /// Whether it was shown that it is theirs.
    pub email_verified: bool,
    /// What they call themselves.
    pub display_name: DisplayName,
}

impl From<Person> for Profile {
    fn from(person: Person) -> Self {
        let email_verified = person.email_verified_at.is_some();
        Self { id: person.base.id, email: person.email, email_verified, display_name: person.display_name }
    }
}

/// The tenant that a session is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTenant {
    /// Its id.
    pub id: TenantId,
    /// Its slug.
    pub slug: Slug,
    /// Its name.
    pub name: Name,
}

/// A session began, or was renewed.
#[derive(Debug)]
pub struct SignedIn {
    /// The bearer token (RFC 6750).
    pub access_token: SecretString,
    /// How long it lives.
    pub expires_in: Duration,
    /// What renews the session, once.
    pub refresh_token: SecretString,
    /// How long it can.
    pub refresh_expires_in: Duration,
    /// The tenant it is for.
    pub tenant: SessionTenant,
    /// Who signed in.
    pub user: Profile,
}

/// When tokens issued at `now` begin and end. Both are whole seconds, since that is what a JWT's `iat` and `exp` are here.
pub(super) fn lifetime(now: OffsetDateTime, length: Duration) -> (OffsetDateTime, OffsetDateTime) {
    let issued_at = now.truncate_to_second();
    (issued_at, issued_at + Duration::seconds(length.whole_seconds()))
}

/// The memberships that a person can sign in to: active ones in tenants that are not deleted. A suspended or expired
/// tenant is among them, since its members can still see who they are, switch and sign out.
pub(super) fn usable(mut mine: Vec<OwnMembership>) -> Vec<OwnMembership> {
    mine.retain(|own| own.status == MembershipStatus::Active && own.tenant_status != TenantStatus::Closing);
    mine
}

/// Begins a session of a verified person in one of their tenants, and commits. It lives no longer than `latest`: what was
/// proved by a session is worth no more than that session (ASVS 7.3.2).
///
/// `None` where the password was changed since the person was read: what was proved before proves nothing now. The person's
/// row is locked, so that a change either is seen here or ends the session that begins here.
pub(super) async fn begin<E: From<RepositoryError> + From<TokenError>>(
    unit: Box<dyn PersonUnit>,
    deps: &Deps,
    origin: &Origin,
    person: Person,
    own: OwnMembership,
    latest: Option<OffsetDateTime>,
) -> Result<Option<SignedIn>, E> {
    if unit.people().lock(person.base.id).await?.is_none_or(|stored| stored.epoch != person.epoch) {
        return Ok(None);
    }
    let now = deps.clock.now();
    let (user_id, tenant_id, id) = (person.base.id, own.tenant_id, SessionId::new(deps.ids.next()));
    let token = RefreshToken::first(tenant_id, id, deps.secrets.as_ref());
    let expires_at = now + deps.policy.session;
    let expires_at = latest.map_or(expires_at, |latest| expires_at.min(latest));
    let session = Session {
        id,
        tenant_id,
        user_id,
        membership_epoch: own.epoch,
        tenant_epoch: own.tenant_epoch,
        device: origin.into(),
        created_at: now,
        last_used_at: now,
        idle_expires_at: expires_at.min(now + deps.policy.session_idle),
        expires_at,
        ended_at: None,
        refresh: RefreshState::of(&token),
    };
    let tenant = SessionTenant { id: tenant_id, slug: own.slug, name: own.name };
    let signed_in = issue(deps, &session, &token, now, tenant, person.into())?;
    let none = StoreSet::Only(BTreeSet::new());
    let scope = TenantScope::new(tenant_id, none, Principal::User(user_id), origin.clone());
    let unit = unit.enter(&scope).await?;
    unit.sessions().insert(&session).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "session.began",
        object: Object { kind: "session", id: id.as_uuid() },
        detail: json!({}),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(Some(signed_in))
}

/// The tokens of a session at `now`.
pub(super) fn issue(
    deps: &Deps,
    session: &Session,
    refresh: &RefreshToken,
    now: OffsetDateTime,
    tenant: SessionTenant,
    user: Profile,
) -> Result<SignedIn, TokenError> {
    let (issued_at, expires_at) = lifetime(now, deps.policy.access_token);
    let expires_at = expires_at.min(session.idle_expires_at);
    let access_token = deps.issuer.tenant(&TenantClaims {
        user_id: session.user_id,
        tenant_id: session.tenant_id,
        session_id: session.id,
        token_id: deps.ids.next(),
        membership_epoch: session.membership_epoch,
        tenant_epoch: session.tenant_epoch,
        issued_at,
        expires_at,
    })?;
    let (refresh_token, refresh_expires_in) = (refresh.reveal(), session.idle_expires_at - now);
    Ok(SignedIn { access_token, expires_in: expires_at - issued_at, refresh_token, refresh_expires_in, tenant, user })
}

#[cfg(test)]
pub(super) fn own(slug: &str, status: MembershipStatus, tenant_status: TenantStatus) -> OwnMembership {
    OwnMembership {
        tenant_id: TenantId::new(uuid::Uuid::from_u128(1)),
        slug: slug.parse().unwrap(),
        name: slug.parse().unwrap(),
        tenant_status,
        tenant_expires_at: None,
        tenant_epoch: 1,
        status,
        epoch: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn tokens_begin_and_end_on_whole_seconds_and_never_in_the_future() {
        let (issued_at, expires_at) = lifetime(datetime!(2026-01-02 03:04:05.999999 UTC), Duration::minutes(60));
        assert_eq!(issued_at, datetime!(2026-01-02 03:04:05 UTC));
        assert_eq!(expires_at, datetime!(2026-01-02 04:04:05 UTC));
    }

    #[test]
    fn only_active_memberships_in_live_tenants_are_usable() {
        use MembershipStatus::{Active, Removed, Suspended};
        let mine = vec![
            own("in-use", Active, TenantStatus::Active),
            own("paused-tenant", Active, TenantStatus::Suspended),
            own("closing-tenant", Active, TenantStatus::Closing),
            own("paused", Suspended, TenantStatus::Active),
            own("gone", Removed, TenantStatus::Active),
        ];
        let slugs: Vec<_> = usable(mine).into_iter().map(|own| own.slug.to_string()).collect();
        assert_eq!(slugs, ["in-use", "paused-tenant"]);
    }
}
