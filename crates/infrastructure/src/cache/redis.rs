use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cotenant_domain::shared::Clock;
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use secrecy::{ExposeSecret, SecretString};

use super::Counts;
use super::seal::{InvalidRedis, Seal};
use super::shared::{Shared, SharedBytes};
use crate::redis::{Away, connect};

/// Where values are shared, and how they are sealed.
#[derive(Debug)]
pub struct RedisOptions {
    /// `redis://[:PASSWORD@]HOST[:PORT][/DATABASE]`.
    pub url: SecretString,
    /// Seals every value; the same at all servers, at least 32 bytes.
    pub secret: SecretString,
    /// Longest wait for one answer.
    pub patience: Duration,
}

/// Bytes in Redis.
struct RedisBytes(ConnectionManager);

impl Shared {
    pub(super) fn in_redis(
        options: &RedisOptions,
        clock: Arc<dyn Clock>,
        counts: Arc<Counts>,
    ) -> Result<Self, InvalidRedis> {
        let connection = connect(options.url.expose_secret(), options.patience).map_err(|_| InvalidRedis::Address)?;
        let (bytes, seal) = (Arc::new(RedisBytes(connection)), Seal::new(&options.secret)?);
        Ok(Self::over(bytes, seal, options.patience, clock, counts))
    }
}

#[async_trait]
impl SharedBytes for RedisBytes {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Away> {
        Ok(self.0.clone().get(key).await?)
    }

    async fn put(&self, key: &str, bytes: Vec<u8>, lasts: Duration) -> Result<(), Away> {
        Ok(self.0.clone().set_ex(key, bytes, lasts.as_secs()).await?)
    }
}
