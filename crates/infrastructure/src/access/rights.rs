//! What members and service accounts may do, remembered.
//!
//! # Why it cannot be stale
//!
//! Rights are folded from five tables behind row-level security, which costs more than what most requests are
//! about. So they are remembered together with the tenant's access version, of one statement; each request reads the version
//! anew in its own transaction and takes what is remembered only where it is of that version. The version rises with every
//! change of rights, or the change does not commit ([`cotenant_scoped::Decides`]). So a change counts from the next
//! request on, in every process, and nothing has to be told to anybody.

use std::sync::Arc;
use std::time::Duration;

use cotenant_domain::identity::UserId;
use cotenant_domain::members::MembershipStatus;
use cotenant_domain::roles::read_permissions;
use cotenant_domain::services::{ServiceAccountId, ServiceStatus};
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::tenancy::{Grant, Holder, Rights};
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Filter, Mode, Transaction};
use moka::sync::Cache;
use uuid::Uuid;

use super::{member_access, service_access};
use crate::error::{corrupt, parsed, repository};

/// How many members and service accounts are remembered: a few hundred bytes each.
const REMEMBERED: u64 = 10_000;

/// How long at most. No change needs it; a database that was set back to an earlier state beneath a running server does,
/// since its versions then count the same numbers again.
const AT_MOST: Duration = Duration::from_secs(60);

/// Rights, and the version at which they were read.
#[derive(Clone)]
pub(crate) struct Versioned {
    pub(super) version: i64,
    pub(crate) rights: Arc<Rights>,
}

/// The rights of those who asked last.
#[derive(Clone)]
pub(crate) struct RememberedRights(Cache<(Uuid, Holder), Versioned>);

impl RememberedRights {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(AT_MOST).build())
    }

    /// Somebody's rights at `version` or, where that has risen meanwhile, at a later one; `None` where there never was a
    /// membership, or there is no service account.
    pub(super) async fn at<M: Mode>(
        &self,
        version: i64,
        tx: &Transaction<Tenant, M>,
        tenant: Uuid,
        holder: Holder,
    ) -> Result<Option<Versioned>, RepositoryError> {
        if let Some(remembered) = self.0.get(&(tenant, holder)).filter(|remembered| remembered.version == version) {
            return Ok(Some(remembered));
        }
        let read = rights_now(tx, holder).await?;
        if let Some(read) = &read {
            self.0.insert((tenant, holder), read.clone());
        }
        Ok(read)
    }
}

/// Somebody's rights as they are stored.
pub(crate) async fn rights_now<M: Mode>(
    tx: &Transaction<Tenant, M>,
    holder: Holder,
) -> Result<Option<Versioned>, RepositoryError> {
    match holder {
        Holder::Member(user) => of_member(tx, user).await,
        Holder::Service(account) => of_service(tx, account).await,
        // Support holds no roles: what a grant gives is said by the grant.
        Holder::Support { .. } => Ok(None),
    }
}

async fn of_member<M: Mode>(tx: &Transaction<Tenant, M>, user: UserId) -> Result<Option<Versioned>, RepositoryError> {
    let this = Filter::eq(member_access::Column::UserId, user.as_uuid());
    let Some(row) = tx.find::<member_access::Entity>().filter(this).one().await.map_err(repository)? else {
        return Ok(None);
    };
    let rights = Rights {
        status: MembershipStatus::parse(&row.status).ok_or(corrupt("tenant_users.status"))?,
        epoch: row.epoch,
        grants: grants(row.grants.as_deref(), row.store_grants.as_deref())?,
    };
    Ok(Some(Versioned { version: row.access_version, rights: Arc::new(rights) }))
}

async fn of_service<M: Mode>(
    tx: &Transaction<Tenant, M>,
    account: ServiceAccountId,
) -> Result<Option<Versioned>, RepositoryError> {
    let this = Filter::eq(service_access::Column::ServiceAccountId, account.as_uuid());
    let Some(row) = tx.find::<service_access::Entity>().filter(this).one().await.map_err(repository)? else {
        return Ok(None);
    };
    let status = match ServiceStatus::parse(&row.status).ok_or(corrupt("service_accounts.status"))? {
        ServiceStatus::Active => MembershipStatus::Active,
        ServiceStatus::Disabled => MembershipStatus::Suspended,
    };
    let rights = Rights { status, epoch: 0, grants: grants(row.grants.as_deref(), row.store_grants.as_deref())? };
    Ok(Some(Versioned { version: row.access_version, rights: Arc::new(rights) }))
}

/// `<codes> <codes>` and `<store> <codes>;<store> <codes>`: see the views `member_access` and `service_access`.
fn grants(everywhere: Option<&str>, at_stores: Option<&str>) -> Result<Vec<Grant>, RepositoryError> {
    let mut grants = Vec::new();
    if let Some(stored) = everywhere {
        grants.push(Grant { store: None, permissions: read_permissions(stored) });
    }
    for grant in at_stores.into_iter().flat_map(|list| list.split(';')) {
        let (store, stored) = grant.split_once(' ').unwrap_or((grant, ""));
        let store = parsed("store_grants", store)?;
        grants.push(Grant { store: Some(store), permissions: read_permissions(stored) });
    }
    Ok(grants)
}
