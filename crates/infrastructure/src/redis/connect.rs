use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult};

/// Longest time for a connection to be made. Nobody waits for it beyond the patience of one request.
const CONNECTING: Duration = Duration::from_secs(2);

/// A connection that comes back by itself; nothing is connected before it is needed.
///
/// # Errors
///
/// The address cannot be read.
pub(crate) fn connect(url: &str, patience: Duration) -> RedisResult<ConnectionManager> {
    let settings = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECTING))
        .set_response_timeout(Some(patience))
        .set_number_of_retries(1);
    ConnectionManager::new_lazy_with_config(Client::open(url)?, settings)
}
