//! Who is an operator is decided on the machine itself and nowhere else: no route makes or removes one.

use serde_json::json;
use time::OffsetDateTime;

use super::audit::NewPlatformAudit;
use super::ports::OperatorRecord;
use crate::Deps;
use crate::identity::{Profile, UserId};
use crate::shared::{EmailAddress, Fault, FaultKind, RepositoryError};
use crate::support::end_all_of;
use crate::tenancy::{Origin, PlatformScope, Principal};
use crate::uow::PlatformUnit;

/// Says that the caller acts for somebody at the machine's own command line, who can open the database anyway. It takes
/// the place of a sign-in; nothing that answers to a network may make one.
#[derive(Debug, Clone, Copy)]
pub struct LocalTrust(());

impl LocalTrust {
    /// The caller takes the responsibility.
    pub fn of_the_command_line() -> Self {
        Self(())
    }

    /// The platform's records, on behalf of the system: nobody signed in.
    pub(crate) fn platform(self) -> PlatformScope {
        PlatformScope::new(Principal::System, Origin::default())
    }
}

/// Why something with an operator did not happen.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// Nobody has the address.
    #[error("there is no person with this e-mail address")]
    NoSuchPerson,
    /// The person is an operator.
    #[error("the person is an operator already")]
    AlreadyOperator,
    /// The person is not an operator.
    #[error("the person is not an operator")]
    NotAnOperator,
    /// Nobody would be left.
    #[error("the person is the last operator")]
    LastOperator,
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for OperatorError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NoSuchPerson => FaultKind::NotFound,
            Self::AlreadyOperator | Self::NotAnOperator | Self::LastOperator => FaultKind::Conflict,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchPerson => "not_found",
            Self::AlreadyOperator => "already_operator",
            Self::NotAnOperator => "not_an_operator",
            Self::LastOperator => "last_operator",
            Self::Repository(source) => source.code(),
        }
    }
}

/// An operator as the command line shows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedOperator {
    /// The person.
    pub user: Profile,
    /// Since when.
    pub since: OffsetDateTime,
}

/// Makes a known person an operator.
///
/// # Errors
///
/// See [`OperatorError`].
pub async fn add_operator(trust: LocalTrust, deps: &Deps, email: &EmailAddress) -> Result<(), OperatorError> {
    let (user_id, unit) = person(trust, deps, email).await?;
    let now = deps.clock.now();
    if !unit.operators().insert(&OperatorRecord { user_id, created_at: now }).await? {
        return Err(OperatorError::AlreadyOperator);
    }
    conclude(unit, deps, "operator.added", user_id, now).await
}

/// Takes an operator's rank away and ends their sessions and their access to tenants. The last one goes only with
/// `even_the_last`: without any, nobody can reach the platform's routes until the command line adds somebody. Two removals at
/// the same moment can pass by each other's check; what they leave is mended the same way.
///
/// # Errors
///
/// See [`OperatorError`].
pub async fn remove_operator(
    trust: LocalTrust,
    deps: &Deps,
    email: &EmailAddress,
    even_the_last: bool,
) -> Result<(), OperatorError> {
    let (user_id, unit) = person(trust, deps, email).await?;
    let operators = unit.operators().list().await?;
    if !operators.iter().any(|operator| operator.user_id == user_id) {
        return Err(OperatorError::NotAnOperator);
    }
    if operators.len() == 1 && !even_the_last {
        return Err(OperatorError::LastOperator);
    }
    let now = deps.clock.now();
    if !unit.operators().remove(user_id, now).await? {
        return Err(OperatorError::NotAnOperator);
    }
    let unit = end_all_of(unit, &trust.platform(), deps, user_id, "operator_removed").await?;
    conclude(unit, deps, "operator.removed", user_id, now).await
}

/// All operators.
///
/// # Errors
///
/// See [`OperatorError`].
pub async fn list_operators(trust: LocalTrust, deps: &Deps) -> Result<Vec<ListedOperator>, OperatorError> {
    let unit = deps.db.platform(&trust.platform()).await?;
    let operators = unit.operators().list().await?;
    let unit = unit.person().await?;
    let mut listed = Vec::with_capacity(operators.len());
    for operator in operators {
        if let Some(person) = unit.people().find(operator.user_id).await? {
            listed.push(ListedOperator { user: person.into(), since: operator.created_at });
        }
    }
    Ok(listed)
}

async fn person(
    trust: LocalTrust,
    deps: &Deps,
    email: &EmailAddress,
) -> Result<(UserId, Box<dyn PlatformUnit>), OperatorError> {
    let unit = deps.db.person().await?;
    let person = unit.people().find_by_email(email).await?.ok_or(OperatorError::NoSuchPerson)?;
    // Whatever this person is about to do as an operator comes before or after, and not in between.
    unit.people().lock(person.base.id).await?;
    Ok((person.base.id, unit.platform(&trust.platform()).await?))
}

async fn conclude(
    unit: Box<dyn PlatformUnit>,
    deps: &Deps,
    action: &'static str,
    user_id: UserId,
    at: OffsetDateTime,
) -> Result<(), OperatorError> {
    let object_id = Some(user_id.as_uuid());
    unit.audit().record(NewPlatformAudit { id: deps.ids.next(), at, action, object_id, detail: json!({}) }).await?;
    Ok(unit.commit().await?)
}
