use async_trait::async_trait;
use cotenant_domain::idempotency::{Answer, AnswerRepository, ErrandId, Fingerprint, Stored};
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::state::{Answers, StoredAnswer};
use super::unit::{PlatformWork, TenantWork};

fn claim(
    answers: &mut Answers,
    id: ErrandId,
    fresh: StoredAnswer,
    expired: OffsetDateTime,
) -> Result<Option<Stored>, RepositoryError> {
    if let Some(StoredAnswer { fingerprint, at, answer }) = answers.get(&id).filter(|stored| stored.at > expired) {
        let answer =
            answer.clone().ok_or_else(|| RepositoryError::Failed("a key without an answer was kept".into()))?;
        return Ok(Some(Stored { fingerprint: *fingerprint, at: *at, answer }));
    }
    answers.insert(id, fresh);
    Ok(None)
}

fn keep(answers: &mut Answers, id: ErrandId, answer: &Answer) -> Result<(), RepositoryError> {
    answers.get_mut(&id).ok_or(RepositoryError::Stale)?.answer = Some(answer.clone());
    Ok(())
}

#[async_trait]
impl AnswerRepository for TenantWork {
    async fn claim(
        &self,
        id: &ErrandId,
        fingerprint: Fingerprint,
        at: OffsetDateTime,
        expired: OffsetDateTime,
    ) -> Result<Option<Stored>, RepositoryError> {
        let fresh = StoredAnswer { fingerprint, at, answer: None };
        self.act(|room| claim(&mut room.answers, *id, fresh, expired))
    }

    async fn keep(&self, id: &ErrandId, answer: &Answer) -> Result<(), RepositoryError> {
        self.act(|room| keep(&mut room.answers, *id, answer))
    }

    async fn sweep(&self, until: OffsetDateTime) -> Result<(), RepositoryError> {
        self.act(|room| {
            room.answers.retain(|_, stored| stored.at > until);
            Ok(())
        })
    }
}

#[async_trait]
impl AnswerRepository for PlatformWork {
    async fn claim(
        &self,
        id: &ErrandId,
        fingerprint: Fingerprint,
        at: OffsetDateTime,
        expired: OffsetDateTime,
    ) -> Result<Option<Stored>, RepositoryError> {
        let fresh = StoredAnswer { fingerprint, at, answer: None };
        self.work.change(|state| claim(&mut state.platform_answers, *id, fresh, expired))
    }

    async fn keep(&self, id: &ErrandId, answer: &Answer) -> Result<(), RepositoryError> {
        self.work.change(|state| keep(&mut state.platform_answers, *id, answer))
    }

    async fn sweep(&self, until: OffsetDateTime) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            state.platform_answers.retain(|_, stored| stored.at > until);
            Ok(())
        })
    }
}
