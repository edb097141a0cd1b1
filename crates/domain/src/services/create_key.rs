use secrecy::SecretString;
use serde_json::json;
use time::OffsetDateTime;

use super::key::{ApiKey, ApiKeyId, KeyToken};
use super::rules::{not_above, present};
use super::{ServiceAccountId, ServiceError};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::shared::Name;
use crate::tenancy::{MemberActor, ServiceAccountsManage, settle};

/// The most keys of an account that are good at a time: a few places where it runs, and rotations
/// under way. Beyond, a key is rotated without an overlap.
pub const MOST_KEYS: u64 = 5;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct CreateKey {
    /// Where it will be used.
    pub name: Name,
    /// Until when it is good; `None` is until it is revoked.
    pub expires_at: Option<OffsetDateTime>,
}

/// A key that was made, and its text, which is shown once.
#[derive(Debug)]
pub struct NewKey {
    /// The key.
    pub key: ApiKey,
    /// Its text. It is stored nowhere.
    pub text: SecretString,
}

/// Makes a key for a service account that holds no more than the actor does.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn create_key(
    actor: &MemberActor,
    deps: &Deps,
    account: ServiceAccountId,
    cmd: CreateKey,
) -> Result<NewKey, ServiceError> {
    let scope = actor.authorize(ServiceAccountsManage)?;
    let unit = deps.db.write(&scope).await?;
    // Whoever gives the account more at this moment waits: what was compared still holds when the key is there.
    settle::<ServiceError>(actor, unit.as_ref()).await?;
    let service = present(unit.services(), account).await?;
    not_above(actor, unit.as_ref(), &service).await?;
    let made = new_key(actor, deps, account, cmd)?;
    if unit.api_keys().count_good(account, made.key.created_at).await? >= MOST_KEYS {
        return Err(ServiceError::TooManyKeys);
    }
    unit.api_keys().insert(&made.key).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: made.key.created_at,
        action: "api_key.created",
        object: Object { kind: "api_key", id: made.key.id.as_uuid() },
        detail: json!({ "service_account_id": account, "name": made.key.name.as_str() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(made)
}

/// A key that is not stored yet.
pub(super) fn new_key(
    actor: &MemberActor,
    deps: &Deps,
    account_id: ServiceAccountId,
    cmd: CreateKey,
) -> Result<NewKey, ServiceError> {
    let now = deps.clock.now();
    if cmd.expires_at.is_some_and(|at| at <= now) {
        return Err(ServiceError::ExpiresInThePast);
    }
    let token = KeyToken::new(actor.tenant_id(), ApiKeyId::new(deps.ids.next()), deps.secrets.next());
    let key = ApiKey {
        id: token.id,
        tenant_id: token.tenant_id,
        account_id,
        name: cmd.name,
        hash: token.hash(),
        created_at: now,
        created_by: actor.user_id(),
        expires_at: cmd.expires_at,
        revoked_at: None,
        last_used_at: None,
        last_used_address: None,
        successor_id: None,
    };
    Ok(NewKey { key, text: token.reveal() })
}
