use std::sync::Arc;
use std::time::Duration;

use cotenant_infrastructure::signing_keys::KeyRing;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::failure::Failure;

/// How often a server looks whether the file of keys has changed.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes changed keys while the server runs; ends when it is dropped.
pub(crate) struct KeyWatch(Option<JoinHandle<()>>);

impl KeyWatch {
    pub(crate) fn start(keys: Arc<KeyRing>) -> Self {
        Self(keys.can_change().then(|| tokio::spawn(follow(keys))))
    }
}

impl Drop for KeyWatch {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// What is wrong with the file is told once, and again when it is something else.
async fn follow(keys: Arc<KeyRing>) {
    let mut told = None;
    loop {
        tokio::time::sleep(PAUSE).await;
        let keys = keys.clone();
        let problem = match spawn_blocking(move || keys.reload_if_changed()).await {
            Ok(Ok(changed)) => {
                if changed {
                    tracing::info!("the signing keys have changed");
                }
                None
            }
            Ok(Err(error)) => Some(Failure::from(error).report()),
            Err(error) => Some(error.to_string()),
        };
        if problem != told {
            if let Some(error) = &problem {
                tracing::error!(error, "the signing keys cannot be read: those read before stay in use");
            }
            told = problem;
        }
    }
}
