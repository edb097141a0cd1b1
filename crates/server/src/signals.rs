use actix_web::rt::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// What asks the process to end.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let on = |kind| signal(kind).map_err(|source| Failure::Io { what: "cannot listen for signals".into(), source });
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            quit: on(SignalKind::quit())?,
        })
    }

    /// Waits for the next; answers whether what has begun may still end. Whoever presses Ctrl-C does not wait for it.
    pub(crate) async fn first(&mut self) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => false,
            _ = self.quit.recv() => false,
        }
    }

    /// Waits for the end of something; `None` where another signal comes first: whoever asks twice waits for nothing.
    pub(crate) async fn unless_again<T>(&mut self, end: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            ended = end => Some(ended),
            _ = self.first() => None,
        }
    }
}
