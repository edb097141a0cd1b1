use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use super::BootstrapError;
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::identity::{Person, Profile, UserId, choose};
use crate::members::{Membership, MembershipStatus, RoleGrant};
use crate::platform::{LocalTrust, NewPlatformAudit, OperatorRecord};
use crate::shared::{DisplayName, EmailAddress, Name, RepositoryError, Slug};
use crate::tenancy::{Base, Origin, PlatformScope, Principal, StoreSet, TenantScope};
use crate::tenants::{Tenant, TenantId, seed_tenant};
use crate::uow::WriteUnit;

/// The first person and the first tenant.
#[derive(Debug)]
pub struct Bootstrap {
    /// The person's address.
    pub email: EmailAddress,
    /// The person's password, as typed.
    pub password: SecretString,
    /// What the person calls themselves.
    pub display_name: DisplayName,
    /// What people call the tenant.
    pub tenant_name: Name,
    /// The tenant's slug.
    pub tenant_slug: Slug,
}

/// The beginning happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrapped {
    /// The operator of the platform, who is also the tenant's owner.
    pub user: Profile,
    /// The tenant.
    pub tenant: Tenant,
}

/// Makes the first operator, the first tenant and its owner, for who knows the secret. Of any number of attempts, at the
/// same time or ever after, one succeeds.
///
/// # Errors
///
/// See [`BootstrapError`]. Once it has happened the answer no longer depends on the secret.
pub async fn bootstrap(
    deps: &Deps,
    origin: Origin,
    expected: Option<&SecretString>,
    given: &SecretString,
    cmd: Bootstrap,
) -> Result<Bootstrapped, BootstrapError> {
    let expected = expected.ok_or(BootstrapError::Closed)?;
    let scope = PlatformScope::new(Principal::System, origin);
    ensure_open(deps, &scope).await?;
    if !same(expected, given) {
        return Err(BootstrapError::Refused);
    }
    begin(deps, &scope, cmd).await
}

/// The same for who can open the database anyway, without a secret.
///
/// # Errors
///
/// See [`BootstrapError`].
pub async fn bootstrap_locally(trust: LocalTrust, deps: &Deps, cmd: Bootstrap) -> Result<Bootstrapped, BootstrapError> {
    let scope = trust.platform();
    ensure_open(deps, &scope).await?;
    begin(deps, &scope, cmd).await
}

/// Whether the beginning has happened.
///
/// # Errors
///
/// Only where the database fails.
pub async fn is_bootstrapped(deps: &Deps) -> Result<bool, RepositoryError> {
    let scope = PlatformScope::new(Principal::System, Origin::default());
    deps.db.platform(&scope).await?.bootstrap().is_done().await
}

/// Answers early where there is nothing to do, so that nobody can make a finished system hash passwords; what decides is
/// the claim.
async fn ensure_open(deps: &Deps, scope: &PlatformScope) -> Result<(), BootstrapError> {
    let done = deps.db.platform(scope).await?.bootstrap().is_done().await?;
    if done { Err(BootstrapError::Closed) } else { Ok(()) }
}

/// Digests are compared, in constant time, so that neither content nor length shows in how long it takes.
fn same(expected: &SecretString, given: &SecretString) -> bool {
    let digest = |secret: &SecretString| Sha256::digest(secret.expose_secret());
    digest(expected).ct_eq(&digest(given)).into()
}

async fn begin(deps: &Deps, scope: &PlatformScope, cmd: Bootstrap) -> Result<Bootstrapped, BootstrapError> {
    let Bootstrap { email, password, display_name, tenant_name, tenant_slug } = cmd;
    let personal = [email.as_str(), display_name.as_str(), tenant_name.as_str(), tenant_slug.as_str()];
    let password = choose(&*deps.screen, password, &personal)?;
    let hash = deps.passwords.hash(password.into_secret()).await?;
    let now = deps.clock.now();
    let base = Base::new(UserId::new(deps.ids.next()), now);
    let person = Person { base, email, email_verified_at: None, display_name, epoch: 1 };
    let tenant = Tenant::new(TenantId::new(deps.ids.next()), tenant_slug, tenant_name, None, now);
    let (user_id, tenant_id) = (person.base.id, tenant.base.id);

    let unit = deps.db.platform(scope).await?;
    unit.bootstrap().claim(now).await?;
    let unit = unit.person().await?;
    unit.people().insert(&person, &hash).await?;
    let unit = unit.platform(scope).await?;
    unit.operators().insert(&OperatorRecord { user_id, created_at: now }).await?;
    unit.tenants().insert(&tenant).await?;
    let event = NewPlatformAudit {
        id: deps.ids.next(),
        at: now,
        action: "platform.bootstrapped",
        object_id: Some(tenant_id.as_uuid()),
        detail: json!({ "operator_id": user_id, "slug": tenant.slug.as_str() }),
    };
    unit.audit().record(event).await?;
    let inside = TenantScope::new(tenant_id, StoreSet::All, scope.principal(), scope.origin().clone());
    let unit = unit.enter(&inside).await?;
    furnish(&*unit, deps, &tenant, user_id, now).await?;
    unit.commit().await?;
    Ok(Bootstrapped { user: person.into(), tenant })
}

/// Gives the tenant its roles and its owner.
async fn furnish(
    unit: &dyn WriteUnit,
    deps: &Deps,
    tenant: &Tenant,
    user_id: UserId,
    now: OffsetDateTime,
) -> Result<(), RepositoryError> {
    let role_id = seed_tenant(unit, deps, tenant.base.id, now).await?;
    let membership = Membership {
        user_id,
        status: MembershipStatus::Active,
        epoch: 1,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    unit.members().insert(&membership).await?;
    unit.members().grant(&RoleGrant { user_id, role_id, store_id: None }, Principal::System, now).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "tenant.created",
        object: Object { kind: "tenant", id: tenant.base.id.as_uuid() },
        detail: json!({ "name": tenant.name.as_str(), "slug": tenant.slug.as_str(), "owner_id": user_id }),
    };
    unit.audit().record(event).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_secret_is_the_secret() {
        let secret = SecretString::from("a secret of some length");
        assert!(same(&secret, &"a secret of some length".into()));
        for wrong in ["", "a secret of some", "a secret of some length ", "A secret of some length"] {
            assert!(!same(&secret, &wrong.into()), "{wrong:?}");
        }
    }
}
