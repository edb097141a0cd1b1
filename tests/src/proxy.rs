//! A TCP proxy that a test puts between a server and its database, and can cut or stall.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

/// Listens on a port of 127.0.0.1 and passes everything on, or refuses every connection.
pub struct Proxy {
    address: SocketAddr,
    target: String,
    state: State,
}

enum State {
    Passing {
        stop: oneshot::Sender<()>,
        stall: watch::Sender<bool>,
        task: JoinHandle<()>,
    },
    /// The port is kept, and nobody listens: who connects is refused.
    Cut(TcpSocket),
    Changing,
}

impl Proxy {
    /// A proxy in front of the server of a PostgreSQL URL, and the URL that leads through it.
    pub async fn before(url: &str) -> (Self, String) {
        let (start, rest) = url.rsplit_once('@').unwrap();
        let (place, database) = rest.split_once('/').unwrap();
        let target = if place.contains(':') { place.to_owned() } else { format!("{place}:5432") };
        let socket = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let address = socket.local_addr().unwrap();
        let mut proxy = Self { address, target, state: State::Cut(socket) };
        proxy.mend();
        (proxy, format!("{start}@{address}/{database}"))
    }

    /// Breaks every connection and refuses new ones.
    pub async fn cut(&mut self) {
        if let State::Passing { stop, task, .. } = std::mem::replace(&mut self.state, State::Changing) {
            stop.send(()).unwrap();
            task.await.unwrap();
            self.state = State::Cut(bound(self.address));
        }
    }

    /// Keeps every connection, accepts new ones, and passes nothing on: the database seems to be there and says nothing.
    pub fn stall(&mut self) {
        if let State::Passing { stall, .. } = &self.state {
            stall.send_replace(true);
        }
    }

    /// Passes everything on again.
    pub fn mend(&mut self) {
        if let State::Cut(socket) = std::mem::replace(&mut self.state, State::Changing) {
            let (stop, stopped) = oneshot::channel();
            let (stall, stalled) = watch::channel(false);
            let task = tokio::spawn(pass(socket.listen(64).unwrap(), self.target.clone(), stopped, stalled));
            self.state = State::Passing { stop, stall, task };
        }
    }
}

fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    // The connections that were broken still hold the port for a while.
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

async fn pass(
    listener: TcpListener,
    target: String,
    mut stopped: oneshot::Receiver<()>,
    stalled: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            client = listener.accept() => {
                let (mut client, _) = client.unwrap();
                let (target, mut stalled) = (target.clone(), stalled.clone());
                connections.spawn(async move {
                    let mut server = TcpStream::connect(target).await.unwrap();
                    tokio::select! {
                        // Either side may break off; the other is told by the end of its connection.
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        () = silence(&mut stalled) => pending().await,
                    }
                });
            }
            Some(_) = connections.join_next() => {}
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Waits until the proxy is told to stall; for ever, where that can no longer happen.
async fn silence(stalled: &mut watch::Receiver<bool>) {
    if stalled.wait_for(|stalled| *stalled).await.is_err() {
        pending().await
    }
}
