use async_trait::async_trait;
use cotenant_domain::idempotency::{Answer, AnswerRepository, ErrandId, Fingerprint, Stored};
use cotenant_domain::shared::RepositoryError;
use cotenant_scoped::{Filter, Order, Writing};
use time::OffsetDateTime;

use super::{answer, platform_answer};
use crate::error::{corrupt, met, repository};
use crate::unit::{SeaPlatformUnit, TenantUnit};

/// How often a claim looks again where what it met was gone a moment later: swept, or run out and replaced.
const TRIES: usize = 3;

/// A row of either table.
struct Row {
    fingerprint: Vec<u8>,
    at: OffsetDateTime,
    status: Option<i32>,
    location: Option<String>,
    etag: Option<String>,
    body: Option<Vec<u8>>,
}

impl Row {
    /// Nobody sees a row of others before it has its answer.
    fn stored(self) -> Result<Stored, RepositoryError> {
        let fingerprint = self.fingerprint.try_into().map_err(|_| corrupt("kept_answers.fingerprint"))?;
        let status = self.status.and_then(|status| u16::try_from(status).ok());
        let answer = Answer {
            status: status.ok_or(corrupt("kept_answers.status"))?,
            location: self.location,
            etag: self.etag,
            body: self.body,
        };
        Ok(Stored { fingerprint: Fingerprint::new(fingerprint), at: self.at, answer })
    }
}

/// The answers of a unit over one of the two tables, which differ in their owner and in nothing else.
macro_rules! answers {
    ($unit:ty, $table:ident $(, $owner:ident: $of:ident)?) => {
        impl $unit {
            /// Adds the row; `false` where there is one. It waits for whoever has added one and not ended: the unique rule does.
            async fn note(&self, id: &ErrandId, of: Fingerprint, at: OffsetDateTime) -> Result<bool, RepositoryError> {
                let row = $table::Model {
                    $($owner: self.$of,)?
                    id: id.as_bytes().to_vec(),
                    fingerprint: of.as_bytes().to_vec(),
                    created_at: at,
                    status: None,
                    location: None,
                    etag: None,
                    body: None,
                };
                self.tx.insert_new::<$table::Entity>(row).await.map_err(repository)
            }

            async fn noted(&self, id: &ErrandId) -> Result<Option<Row>, RepositoryError> {
                let this = Filter::eq($table::Column::Id, id.as_bytes().to_vec());
                let found = self.tx.find::<$table::Entity>().filter(this).one().await.map_err(repository)?;
                Ok(found.map(|row| Row {
                    fingerprint: row.fingerprint,
                    at: row.created_at,
                    status: row.status,
                    location: row.location,
                    etag: row.etag,
                    body: row.body,
                }))
            }
        }

        #[async_trait]
        impl AnswerRepository for $unit {
            async fn claim(
                &self,
                id: &ErrandId,
                fingerprint: Fingerprint,
                at: OffsetDateTime,
                expired: OffsetDateTime,
            ) -> Result<Option<Stored>, RepositoryError> {
                use $table::Column;
                for _ in 0..TRIES {
                    if self.note(id, fingerprint, at).await? {
                        return Ok(None);
                    }
                    match self.noted(id).await? {
                        Some(row) if row.at > expired => return row.stored().map(Some),
                        Some(_) => {
                            let this = Filter::eq(Column::Id, id.as_bytes().to_vec());
                            let run_out = Filter::all([this, Filter::lte(Column::CreatedAt, expired)]);
                            self.tx.revoke::<$table::Entity>(run_out).await.map_err(repository)?;
                        }
                        None => {}
                    }
                }
                Err(RepositoryError::Unavailable("others claim the same key again and again".into()))
            }

            async fn keep(&self, id: &ErrandId, answer: &Answer) -> Result<(), RepositoryError> {
                use $table::Column;
                let this = Filter::eq(Column::Id, id.as_bytes().to_vec());
                let change = self
                    .tx
                    .update::<$table::Entity>()
                    .filter(this)
                    .set(Column::Status, i32::from(answer.status))
                    .set(Column::Location, answer.location.clone())
                    .set(Column::Etag, answer.etag.clone())
                    .set(Column::Body, answer.body.clone());
                met(change.execute().await.map_err(repository)?)
            }

            async fn sweep(&self, until: OffsetDateTime, most: u32) -> Result<u64, RepositoryError> {
                use $table::Column;
                let old = || Filter::lte(Column::CreatedAt, until);
                let rows = self.tx.find::<$table::Entity>().filter(old()).order_by(Column::CreatedAt, Order::Ascending);
                let rows = rows.limit(most.into()).all().await.map_err(repository)?;
                if rows.is_empty() {
                    return Ok(0);
                }
                let these = Filter::is_in(Column::Id, rows.into_iter().map(|row| row.id));
                self.tx.revoke::<$table::Entity>(Filter::all([old(), these])).await.map_err(repository)
            }
        }
    };
}

answers!(TenantUnit<Writing>, answer, tenant_id: tenant);
answers!(SeaPlatformUnit, platform_answer);
