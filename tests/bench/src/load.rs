//! A closed loop: so many connections, each with one request under way (HTTP/1.1, RFC 9112, kept alive).

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// How long answers may take after the load has ended.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where requests come from, and what their answers have to be.
pub trait Requests {
    /// Writes the next request, head and body.
    fn write_next(&self, out: &mut Vec<u8>);
    /// The status of a right answer.
    fn expected(&self) -> u16;
}

/// What a load met.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// How long it lasted, in seconds.
    pub seconds: f64,
    /// Answers with another status than the expected one.
    pub wrong: usize,
    /// How long each right answer took, in milliseconds, the shortest first.
    pub latencies: Vec<f64>,
}

impl Load {
    /// Right answers in a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }
}

/// Lets `connections` clients ask for `length`, one request after another.
///
/// # Errors
///
/// A connection that fails, an answer that is not HTTP, or none within half a minute.
pub async fn run<R: Requests + 'static>(
    address: SocketAddr,
    requests: &Rc<R>,
    connections: usize,
    length: Duration,
) -> Outcome<Load> {
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        clients.push(Client::connect(address).await?);
    }
    let began = Instant::now();
    let end = began + length;
    let tasks: Vec<_> = clients.into_iter().map(|client| rt::spawn(client.ask_until(end, requests.clone()))).collect();
    let mut load = Load::default();
    for task in tasks {
        let part = tokio::time::timeout(length + PATIENCE, task).await??.map_err(|error| error.to_string())?;
        load.wrong += part.wrong;
        load.latencies.extend(part.latencies);
    }
    load.seconds = began.elapsed().as_secs_f64();
    load.latencies.sort_by(f64::total_cmp);
    Ok(load)
}

/// One connection.
pub struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Nobody listens there.
    pub async fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request: Vec::new(), answer: Vec::new() })
    }

    /// Sends one request; answers the status and the body.
    ///
    /// # Errors
    ///
    /// The connection ended, or the answer is not HTTP with a length.
    pub async fn ask(&mut self, requests: &impl Requests) -> Outcome<(u16, &[u8])> {
        self.request.clear();
        requests.write_next(&mut self.request);
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let head = loop {
            if let Some(head) = Head::of(&self.answer)? {
                break head;
            }
            self.read_more().await?;
        };
        while self.answer.len() < head.body + head.length {
            self.read_more().await?;
        }
        Ok((head.status, &self.answer[head.body..]))
    }

    async fn read_more(&mut self) -> Outcome<()> {
        match self.stream.read_buf(&mut self.answer).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }

    async fn ask_until(mut self, end: Instant, requests: Rc<impl Requests>) -> Outcome<Load> {
        let mut load = Load::default();
        let expected = requests.expected();
        let mut began = Instant::now();
        while began < end {
            let (status, _) = self.ask(&*requests).await?;
            let ended = Instant::now();
            if status == expected {
                load.latencies.push((ended - began).as_secs_f64() * 1_000.0);
            } else {
                load.wrong += 1;
            }
            began = ended;
        }
        Ok(load)
    }
}

/// What the head of an answer says.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Where the body begins.
    body: usize,
    /// How long it is.
    length: usize,
}

impl Head {
    /// `None` while the head is not whole.
    fn of(answer: &[u8]) -> Outcome<Option<Self>> {
        let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&answer[..end])?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| format!("not an answer: {head}"))?;
        let length = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        let length = length.ok_or_else(|| format!("an answer without a length: {head}"))?;
        Ok(Some(Self { status, body: end + 4, length }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nx-id: 1\r\n\r\n{}";
        assert_eq!(Head::of(&answer[..40]).unwrap(), None);
        assert_eq!(Head::of(answer).unwrap(), Some(Head { status: 201, body: answer.len() - 2, length: 2 }));
    }

    #[test]
    fn what_is_no_answer_of_known_length_is_an_error() {
        assert!(Head::of(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(Head::of(b"SSH-2.0\r\n\r\n").is_err());
    }

    struct Ping;

    impl Requests for Ping {
        fn write_next(&self, out: &mut Vec<u8>) {
            out.extend_from_slice(b"GET /ping HTTP/1.1\r\nHost: test\r\n\r\n");
        }
        fn expected(&self) -> u16 {
            200
        }
    }

    #[actix_web::test]
    async fn right_and_wrong_answers_are_counted_apart() {
        use actix_web::{App, HttpResponse, HttpServer, web};
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering};
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let server = HttpServer::new(move || {
            let counter = counter.clone();
            App::new().route(
                "/ping",
                web::get().to(move || {
                    let turn = counter.fetch_add(1, Ordering::Relaxed);
                    async move {
                        if turn.is_multiple_of(3) { HttpResponse::Conflict() } else { HttpResponse::Ok() }.body("pong")
                    }
                }),
            )
        })
        .workers(1)
        .bind(("127.0.0.1", 0))
        .unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        rt::spawn(server);
        let load = run(address, &Rc::new(Ping), 4, Duration::from_millis(200)).await.unwrap();
        handle.stop(false).await;
        let all = asked.load(Ordering::Relaxed);
        assert_eq!((load.latencies.len() + load.wrong, load.wrong), (all, all.div_ceil(3)));
        assert!(load.rate() > 0.0);
    }
}
