use std::sync::Arc;
use std::time::Duration;

use cotenant_domain::cache::Cache;
use cotenant_domain::shared::Clock;
use cotenant_infrastructure::{NoCache, RedisOptions, ValueCache};

use crate::config::{Cache as Settings, CacheKind};
use crate::failure::Failure;

/// Where values are kept.
pub(crate) fn cache(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Arc<dyn Cache>, Failure> {
    let bytes = settings.size_mib * 1024 * 1024;
    Ok(match (settings.kind, &settings.redis_url, &settings.redis_secret) {
        (CacheKind::Redis, Some(url), Some(secret)) => {
            let patience = Duration::from_millis(settings.redis_timeout_ms);
            let options = RedisOptions { url: url.clone(), secret: secret.clone(), patience };
            Arc::new(ValueCache::in_redis(bytes, &options, clock)?)
        }
        // Redis with half of its settings was refused with the configuration.
        (CacheKind::Process | CacheKind::Redis, ..) => Arc::new(ValueCache::in_process(bytes)),
        (CacheKind::Off, ..) => Arc::new(NoCache),
    })
}
