//! One table, seen through two doors: the platform's rows, and those of one tenant.

use cotenant_domain::audit::ActorKind;
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::support::{End, SupportGrant};

use super::{grant, own};
use crate::access::token_hash;
use crate::error::{corrupt, parsed};

impl From<own::Model> for grant::Model {
    fn from(row: own::Model) -> Self {
        Self {
            tenant_id: row.tenant_id,
            id: row.id,
            operator_id: row.operator_id,
            reason: row.reason,
            may_write: row.may_write,
            hash: row.hash,
            tenant_epoch: row.tenant_epoch,
            created_at: row.created_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
            ended_by_kind: row.ended_by_kind,
            ended_by_id: row.ended_by_id,
            last_used_at: row.last_used_at,
            last_used_address: row.last_used_address,
        }
    }
}

pub(super) fn entity(row: impl Into<grant::Model>) -> Result<SupportGrant, RepositoryError> {
    let row = row.into();
    let kind = || ActorKind::parse(row.ended_by_kind.as_deref()?);
    let end = match row.ended_at {
        None => None,
        Some(at) => {
            let by_kind = kind().ok_or(corrupt("support_grants.ended_by_kind"))?;
            Some(End { at, by_kind, by_id: row.ended_by_id })
        }
    };
    Ok(SupportGrant {
        id: Id::new(row.id),
        tenant_id: Id::new(row.tenant_id),
        operator_id: Id::new(row.operator_id),
        reason: parsed("support_grants.reason", &row.reason)?,
        may_write: row.may_write,
        hash: token_hash("support_grants.hash", row.hash)?,
        tenant_epoch: row.tenant_epoch,
        created_at: row.created_at,
        expires_at: row.expires_at,
        end,
        last_used_at: row.last_used_at,
        last_used_address: row.last_used_address,
    })
}

pub(super) fn row(grant: &SupportGrant) -> grant::Model {
    grant::Model {
        tenant_id: grant.tenant_id.as_uuid(),
        id: grant.id.as_uuid(),
        operator_id: grant.operator_id.as_uuid(),
        reason: grant.reason.to_string(),
        may_write: grant.may_write,
        hash: grant.hash.as_bytes().to_vec(),
        tenant_epoch: grant.tenant_epoch,
        created_at: grant.created_at,
        expires_at: grant.expires_at,
        ended_at: grant.end.map(|end| end.at),
        ended_by_kind: grant.end.map(|end| end.by_kind.as_str().to_owned()),
        ended_by_id: grant.end.and_then(|end| end.by_id),
        last_used_at: grant.last_used_at,
        last_used_address: grant.last_used_address.clone(),
    }
}

pub(super) fn cut(
    rows: Vec<impl Into<grant::Model>>,
    page: &PageRequest<()>,
) -> Result<Page<SupportGrant>, RepositoryError> {
    let grants = rows.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(grants, page.limit, |grant| Position { value: SortValue::Id, id: grant.id.as_uuid() }))
}
