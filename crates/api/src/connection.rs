//! Connections on which nothing happens are ended.
//!
//! # Why actix-web's own deadlines are not enough
//!
//! Its deadline for the head of a request holds for the first request of a connection only; and what it does after an answer
//! (reading the rest of a body that was refused, waiting for somebody to read) has none. Whoever is answered once could
//! hold a connection for ever. So each connection is watched: where no request is being answered, and none has been for a
//! while, both of its directions are shut (ASVS 15.2.2).

use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use actix_web::dev::Extensions;
use actix_web::rt;

/// A connection, and when something last happened on it.
pub(crate) struct Connection {
    socket: TcpStream,
    state: Mutex<State>,
}

struct State {
    running: usize,
    last: Instant,
}

/// A request is being answered; ends with the answer, whatever became of it.
pub(crate) struct Running(Arc<Connection>);

impl Connection {
    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        self.change(|running| running + 1);
        Running(self.clone())
    }

    fn change(&self, count: impl FnOnce(usize) -> usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { running: count(state.running), last: Instant::now() };
    }

    /// How long it may still do nothing.
    fn left(&self, limit: Duration) -> Duration {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.running > 0 { limit } else { limit.saturating_sub(state.last.elapsed()) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.change(|running| running.saturating_sub(1));
    }
}

/// Watches a connection that has just been made, for `HttpServer::on_connect`: it is ended when nothing has happened on it for
/// `limit`, which has to be longer than any deadline of a request.
pub fn watch(connection: &dyn Any, data: &mut Extensions, limit: Duration) {
    let Some(stream) = connection.downcast_ref::<rt::net::TcpStream>() else { return };
    match duplicate(stream) {
        Ok(socket) => {
            let state = Mutex::new(State { running: 0, last: Instant::now() });
            let connection = Arc::new(Connection { socket, state });
            rt::spawn(end_when_idle(Arc::downgrade(&connection), limit));
            data.insert(connection);
        }
        Err(error) => tracing::warn!(%error, "a connection is not watched"),
    }
}

/// A second handle of the same socket: actix-web keeps the first to itself.
#[cfg(unix)]
fn duplicate(stream: &rt::net::TcpStream) -> std::io::Result<TcpStream> {
    use std::os::fd::AsFd;
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

/// A second handle of the same socket: actix-web keeps the first to itself.
#[cfg(windows)]
fn duplicate(stream: &rt::net::TcpStream) -> std::io::Result<TcpStream> {
    use std::os::windows::io::AsSocket;
    Ok(stream.as_socket().try_clone_to_owned()?.into())
}

async fn end_when_idle(connection: Weak<Connection>, limit: Duration) {
    let mut left = limit;
    while !left.is_zero() {
        rt::time::sleep(left).await;
        let Some(connection) = connection.upgrade() else { return };
        left = connection.left(limit);
    }
    if let Some(connection) = connection.upgrade() {
        // Where the other side has gone meanwhile there is nothing left to end.
        let _ended = connection.socket.shutdown(Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn connection() -> Arc<Connection> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let long_ago = Instant::now().checked_sub(Duration::from_secs(60)).unwrap_or_else(Instant::now);
        Arc::new(Connection { socket, state: Mutex::new(State { running: 0, last: long_ago }) })
    }

    #[test]
    fn what_runs_is_never_idle_and_what_has_ended_begins_to_be() {
        let (connection, limit) = (connection(), Duration::from_secs(30));
        assert_eq!(connection.left(limit), Duration::ZERO);
        let (one, other) = (connection.begin(), connection.begin());
        assert_eq!(connection.left(limit), limit);
        drop(one);
        assert_eq!(connection.left(limit), limit, "the other still runs");
        drop(other);
        assert!(connection.left(limit) > Duration::from_secs(20));
    }
}
