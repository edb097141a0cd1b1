use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::create_key::new_key;
use super::key::{ApiKey, ApiKeyId};
use super::rules::{not_above, present};
use super::{CreateKey, MOST_KEYS, NewKey, ServiceAccountId, ServiceError};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::tenancy::{MemberActor, ServiceAccountsManage, settle};

/// How long the old key is good beside the new one unless told.
pub const USUAL_OVERLAP: Duration = Duration::DAY;
/// How long at most.
pub const LONGEST_OVERLAP: Duration = Duration::WEEK;

/// A rotation.
#[derive(Debug, Clone, Copy)]
pub struct RotateKey {
    /// How long the old key is good beside the new one, at most [`LONGEST_OVERLAP`]; none of it ends the old one at once.
    pub overlap: Duration,
    /// Until when the new key is good; `None` is as long as the old one was to be.
    pub expires_at: Option<OffsetDateTime>,
}

/// Makes the successor of a key and lets the old one live for a while, so that nothing stands still while programs are told.
/// An end that the old key had already is not put off. A key has one successor, however many ask at once.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn rotate_key(
    actor: &MemberActor,
    deps: &Deps,
    account: ServiceAccountId,
    id: ApiKeyId,
    cmd: RotateKey,
) -> Result<NewKey, ServiceError> {
    let scope = actor.authorize(ServiceAccountsManage)?;
    let unit = deps.db.write(&scope).await?;
    settle::<ServiceError>(actor, unit.as_ref()).await?;
    let service = present(unit.services(), account).await?;
    not_above(actor, unit.as_ref(), &service).await?;
    let old = unit.api_keys().find(account, id).await?.ok_or(ServiceError::NotFound)?;
    if old.successor_id.is_some() {
        return Err(ServiceError::Rotated);
    }
    let now = deps.clock.now();
    let (ends_at, expires_at) = (old_end(&old, cmd.overlap, now), cmd.expires_at.or_else(|| new_end(&old, now)));
    let made = new_key(actor, deps, account, CreateKey { name: old.name.clone(), expires_at })?;
    unit.api_keys().supersede(id, made.key.id, ends_at).await?;
    if unit.api_keys().count_good(account, now).await? >= MOST_KEYS {
        return Err(ServiceError::TooManyKeys);
    }
    unit.api_keys().insert(&made.key).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "api_key.rotated",
        object: Object { kind: "api_key", id: id.as_uuid() },
        detail: json!({
            "service_account_id": account, "successor": made.key.id, "overlap_seconds": cmd.overlap.whole_seconds()
        }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(made)
}

/// When the old key ends.
fn old_end(old: &ApiKey, overlap: Duration, now: OffsetDateTime) -> OffsetDateTime {
    let overlapped = now + overlap.clamp(Duration::ZERO, LONGEST_OVERLAP);
    old.expires_at.map_or(overlapped, |already| already.min(overlapped))
}

/// When the new key ends: it lives as long as the old one was made for.
fn new_end(old: &ApiKey, now: OffsetDateTime) -> Option<OffsetDateTime> {
    old.expires_at.map(|end| now.checked_add(end - old.created_at).unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::identity::UserId;
    use crate::services::KeyHash;
    use crate::tenants::TenantId;

    const MADE: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn key(expires_at: Option<OffsetDateTime>) -> ApiKey {
        ApiKey {
            id: ApiKeyId::new(Uuid::nil()),
            tenant_id: TenantId::new(Uuid::nil()),
            account_id: ServiceAccountId::new(Uuid::nil()),
            name: "Till".parse().unwrap(),
            hash: KeyHash::new([0; 32]),
            created_at: MADE,
            created_by: UserId::new(Uuid::nil()),
            expires_at,
            revoked_at: None,
            last_used_at: None,
            last_used_address: None,
            successor_id: None,
        }
    }

    #[test]
    fn the_old_key_ends_with_the_overlap_and_never_later_than_it_would_have() {
        let now = MADE + Duration::days(10);
        assert_eq!(old_end(&key(None), Duration::HOUR, now), now + Duration::HOUR);
        assert_eq!(old_end(&key(None), Duration::ZERO, now), now);
        assert_eq!(old_end(&key(None), Duration::days(400), now), now + LONGEST_OVERLAP);
        let soon = now + Duration::MINUTE;
        assert_eq!(old_end(&key(Some(soon)), Duration::HOUR, now), soon);
    }

    #[test]
    fn the_new_key_lives_as_long_as_the_old_one_was_made_for() {
        let now = MADE + Duration::days(10);
        assert_eq!(new_end(&key(None), now), None);
        assert_eq!(new_end(&key(Some(MADE + Duration::days(90))), now), Some(now + Duration::days(90)));
    }
}
