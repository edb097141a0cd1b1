use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::answer::{Repetition, Stored};
use super::fingerprint::Fingerprint;
use super::key::IdempotencyKey;
use super::ports::AnswerRepository;
use super::stage::{Complete, Ledger, Stage};
use super::sweep::KEPT;
use crate::shared::RepositoryError;
use crate::stores::StoreId;
use crate::tenancy::{PlatformScope, Principal, StoreSet, TenantScope};

/// A request with a key.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its key.
    pub key: IdempotencyKey,
    /// What is asked for, as the API's description names it. One key can be used for different things.
    pub route: &'static str,
    /// What tells it apart from another request under the same key.
    pub fingerprint: Fingerprint,
    /// The store that its address names.
    pub store: Option<StoreId>,
    /// When it came.
    pub at: OffsetDateTime,
}

/// What a key is stored as: SHA-256 of who asks, for what, and the key. So nobody meets another's keys, and what a client
/// writes into its keys is not ours to keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrandId([u8; 32]);

/// A request that is done once. Clones are one errand; the actor carries it to the unit in which it is done.
#[derive(Clone)]
pub struct Errand(Arc<Inner>);

struct Inner {
    request: Request,
    stage: Mutex<Stage>,
}

impl ErrandId {
    fn of(principal: Principal, request: &Request) -> Self {
        let (kind, who) = match principal {
            Principal::User(user) => ("member", user.as_uuid()),
            Principal::Service(account) => ("service_account", account.as_uuid()),
            Principal::Operator(user) => ("operator", user.as_uuid()),
            // Another grant is another errand: what was done under one is answered under no other.
            Principal::Support { grant, .. } => ("support_grant", grant.as_uuid()),
            Principal::System => ("system", uuid::Uuid::nil()),
        };
        let mut hash = Sha256::new();
        for part in [kind.as_bytes(), who.as_bytes(), request.route.as_bytes(), request.key.as_str().as_bytes()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Errand {
    /// Of a request that has just come.
    pub fn new(request: Request) -> Self {
        Self(Arc::new(Inner { request, stage: Mutex::new(Stage::Fresh) }))
    }

    /// Claims the key in a tenant: for adapters, as the first thing in a unit that begins with the scope.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Repeated`] where the key was used before: nothing is done, and [`Errand::repetition`] tells what to
    /// answer. A second unit for the same errand is a defect: the two would wait for each other.
    pub async fn claim_in_tenant<A>(
        scope: &TenantScope<A>,
        answers: &dyn AnswerRepository,
    ) -> Result<Option<Self>, RepositoryError> {
        let Some(errand) = scope.errand() else { return Ok(None) };
        errand.claim(scope.principal(), Ledger::Tenant, scope.stores(), answers).await?;
        Ok(Some(errand.clone()))
    }

    /// The same at the platform.
    ///
    /// # Errors
    ///
    /// As [`Errand::claim_in_tenant`].
    pub async fn claim_at_platform(
        scope: &PlatformScope,
        answers: &dyn AnswerRepository,
    ) -> Result<Option<Self>, RepositoryError> {
        let Some(errand) = scope.errand() else { return Ok(None) };
        errand.claim(scope.principal(), Ledger::Platform, &StoreSet::All, answers).await?;
        Ok(Some(errand.clone()))
    }

    async fn claim(
        &self,
        principal: Principal,
        ledger: Ledger,
        stores: &StoreSet,
        answers: &dyn AnswerRepository,
    ) -> Result<(), RepositoryError> {
        let request = &self.0.request;
        let id = ErrandId::of(principal, request);
        self.begin(id, ledger)?;
        let Some(stored) = answers.claim(&id, request.fingerprint, request.at, request.at - KEPT).await? else {
            return Ok(());
        };
        *self.stage() = Stage::Repeated(self.compare(stored, stores));
        Err(RepositoryError::Repeated)
    }

    fn begin(&self, id: ErrandId, ledger: Ledger) -> Result<(), RepositoryError> {
        let mut stage = self.stage();
        match *stage {
            Stage::Fresh => *stage = Stage::Claimed(id, ledger),
            _ => return Err(RepositoryError::Failed("a request that is done once has one unit that writes".into())),
        }
        Ok(())
    }

    fn compare(&self, stored: Stored, stores: &StoreSet) -> Repetition {
        let request = &self.0.request;
        if stored.fingerprint != request.fingerprint {
            return Repetition::Reused;
        }
        if request.store.is_some_and(|store| !stores.contains(store)) {
            return Repetition::OutOfReach;
        }
        Repetition::Answered(stored.answer)
    }

    /// Whether its key was claimed at the platform: its unit ends there.
    pub fn is_of_the_platform(&self) -> bool {
        matches!(*self.stage(), Stage::Claimed(_, Ledger::Platform))
    }

    /// Takes the unit in which everything was done: for adapters, instead of a commit. Dropped, nothing happened.
    ///
    /// # Errors
    ///
    /// Where the unit does not end where the key was claimed, which is a defect.
    pub fn complete(&self, unit: Complete) -> Result<(), RepositoryError> {
        let mut stage = self.stage();
        match (&*stage, &unit) {
            (Stage::Claimed(id, Ledger::Tenant), Complete::Tenant(_))
            | (Stage::Claimed(id, Ledger::Platform), Complete::Platform(_)) => *stage = Stage::Complete(*id, unit),
            _ => return Err(RepositoryError::Failed("the unit ends elsewhere than its key was claimed".into())),
        }
        Ok(())
    }

    /// What to answer where the key had been used before.
    pub fn repetition(&self) -> Option<Repetition> {
        match &*self.stage() {
            Stage::Repeated(repetition) => Some(repetition.clone()),
            _ => None,
        }
    }

    /// Whether all of it is done but for the answer.
    pub fn is_complete(&self) -> bool {
        matches!(*self.stage(), Stage::Complete(..))
    }

    /// Gives it up: what was done for it and is not concluded is undone.
    pub fn give_up(&self) {
        drop(self.end());
    }

    /// What was complete, for who concludes it.
    pub(super) fn end(&self) -> Option<(ErrandId, Complete)> {
        match mem::replace(&mut *self.stage(), Stage::Over) {
            Stage::Complete(id, unit) => Some((id, unit)),
            _ => None,
        }
    }

    pub(super) fn at(&self) -> OffsetDateTime {
        self.0.request.at
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Errand({}, ..)", self.0.request.route)
    }
}

impl fmt::Debug for ErrandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrandId(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::Answer;
    use crate::shared::Id;
    use std::collections::BTreeSet;
    use uuid::Uuid;

    fn request(route: &'static str, key: &str, store: Option<StoreId>) -> Request {
        let fingerprint = Fingerprint::of("POST", "/stores", b"{}");
        Request { key: key.parse().unwrap(), route, fingerprint, store, at: OffsetDateTime::UNIX_EPOCH }
    }

    fn id<T>(n: u128) -> Id<T> {
        Id::new(Uuid::from_u128(n))
    }

    #[test]
    fn nobody_meets_the_keys_of_another_or_of_another_route() {
        let (member, same_id) = (Principal::User(id(1)), Principal::Service(id(1)));
        let of = |principal, route, key| ErrandId::of(principal, &request(route, key, None));
        let all = [
            of(member, "open_store", "a"),
            of(member, "open_store", "b"),
            of(member, "create_role", "a"),
            of(Principal::User(id(2)), "open_store", "a"),
            of(same_id, "open_store", "a"),
            of(Principal::Operator(id(1)), "open_store", "a"),
            of(Principal::Support { operator: id(1), grant: id(3) }, "open_store", "a"),
            of(Principal::Support { operator: id(1), grant: id(4) }, "open_store", "a"),
        ];
        assert_eq!(all.iter().copied().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(of(member, "open_store", "a"), all[0]);
    }

    #[test]
    fn what_was_done_is_answered_to_the_same_request_where_it_may_still_be_made() {
        let errand = Errand::new(request("create_product", "a", Some(id(7))));
        let answer = Answer { status: 201, location: None, etag: None, body: Some(b"{}".to_vec()) };
        let at = OffsetDateTime::UNIX_EPOCH;
        let stored = |body: &[u8]| {
            let fingerprint = Fingerprint::of("POST", "/stores", body);
            Stored { fingerprint, at, answer: answer.clone() }
        };
        let here = StoreSet::Only([id(7)].into());
        let elsewhere = StoreSet::Only([id(8)].into());
        assert_eq!(errand.compare(stored(b"{}"), &here), Repetition::Answered(answer.clone()));
        assert_eq!(errand.compare(stored(b"{}"), &StoreSet::All), Repetition::Answered(answer.clone()));
        assert_eq!(errand.compare(stored(b"{}"), &elsewhere), Repetition::OutOfReach);
        assert_eq!(errand.compare(stored(b"[]"), &here), Repetition::Reused);
    }

    #[test]
    fn an_errand_has_one_unit() {
        let errand = Errand::new(request("open_store", "a", None));
        let place = ErrandId::of(Principal::System, &errand.0.request);
        errand.begin(place, Ledger::Tenant).unwrap();
        assert!(matches!(errand.clone().begin(place, Ledger::Tenant), Err(RepositoryError::Failed(_))));
        errand.give_up();
        assert!(errand.begin(place, Ledger::Tenant).is_err() && !errand.is_complete());
    }
}
