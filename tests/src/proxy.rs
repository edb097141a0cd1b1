//! A TCP proxy that a test puts between a server and its database, and can cut.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
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
        if let State::Passing { stop, task } = std::mem::replace(&mut self.state, State::Changing) {
            stop.send(()).unwrap();
            task.await.unwrap();
            self.state = State::Cut(bound(self.address));
        }
    }

    /// Passes everything on again.
    pub fn mend(&mut self) {
        if let State::Cut(socket) = std::mem::replace(&mut self.state, State::Changing) {
            let (stop, stopped) = oneshot::channel();
            let task = tokio::spawn(pass(socket.listen(64).unwrap(), self.target.clone(), stopped));
            self.state = State::Passing { stop, task };
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

async fn pass(listener: TcpListener, target: String, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            client = listener.accept() => {
                let (mut client, _) = client.unwrap();
                let target = target.clone();
                connections.spawn(async move {
                    let mut server = TcpStream::connect(target).await.unwrap();
                    // Either side may break off; the other is told by the end of its connection.
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                });
            }
            Some(_) = connections.join_next() => {}
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}
