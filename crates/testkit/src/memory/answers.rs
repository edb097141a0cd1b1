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

fn sweep(answers: &mut Answers, until: OffsetDateTime, most: u32) -> u64 {
    let old = answers.iter().filter(|(_, stored)| stored.at <= until).map(|(id, stored)| (stored.at, *id));
    let mut old: Vec<_> = old.collect();
    old.sort();
    old.truncate(most as usize);
    old.iter().filter(|(_, id)| answers.remove(id).is_some()).count() as u64
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

    async fn sweep(&self, until: OffsetDateTime, most: u32) -> Result<u64, RepositoryError> {
        self.act(|room| Ok(sweep(&mut room.answers, until, most)))
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

    async fn sweep(&self, until: OffsetDateTime, most: u32) -> Result<u64, RepositoryError> {
        self.work.change(|state| Ok(sweep(&mut state.platform_answers, until, most)))
    }
}
