//! What the settings of the cache must be beside each other.

use super::{CacheKind, Config, ConfigError, Problem};

impl Config {
    /// A Redis has an address, and what lies in it is sealed.
    pub(super) fn check_cache(&self) -> Result<(), ConfigError> {
        let cache = &self.cache;
        if cache.kind != CacheKind::Redis || (cache.redis_url.is_some() && cache.redis_secret.is_some()) {
            return Ok(());
        }
        Err(ConfigError::new(vec![Problem::NotAllowed {
            place: self.place("cache.kind"),
            found: "redis without cache.redis_url and cache.redis_secret".to_owned(),
            allowed: "process or off, or set both".to_owned(),
        }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    #[test]
    fn a_redis_needs_an_address_and_a_secret_which_are_not_shown() {
        let test = Sources::default().with("COTENANT_ENV", "test").with("COTENANT__CACHE__KIND", "redis");
        let url = |sources: Sources| sources.with("COTENANT__CACHE__REDIS_URL", "redis://:word-of-redis@10.0.0.3");
        let secret =
            |sources: Sources| sources.with("COTENANT__CACHE__REDIS_SECRET", "a-secret-of-the-cache-4f1b2c9d8e7a");
        for sources in [test.clone(), url(test.clone()), secret(test.clone())] {
            let error = Config::load(&sources).unwrap_err().to_string();
            assert!(error.contains("cache.redis_url"), "{error}");
        }
        let config = Config::load(&secret(url(test))).unwrap();
        assert_eq!(config.cache.kind, CacheKind::Redis);
        let told = format!("{config:?} {}", config.describe());
        assert!(!told.contains("word-of-redis") && !told.contains("a-secret-of-the-cache"), "{told}");
    }
}
