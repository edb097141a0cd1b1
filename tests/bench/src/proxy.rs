//! Counts what goes between a server and PostgreSQL, from outside, by reading along on the wire (PostgreSQL's
//! documentation, 54.7, "Message Formats").

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use actix_web::rt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What has been counted so far.
#[derive(Debug, Default)]
pub struct Counts {
    statements: Cell<u64>,
    round_trips: Cell<u64>,
}

impl Counts {
    /// Statements that were completed, also the beginnings and ends of transactions.
    pub fn statements(&self) -> u64 {
        self.statements.get()
    }

    /// How often the database said that it was ready for more.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.get()
    }
}

/// Listens, forwards every connection to `database` without encryption, and counts. Answers where it listens.
///
/// # Errors
///
/// No port is to be had.
pub async fn listen(database: String) -> io::Result<(SocketAddr, Rc<Counts>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let counts = Rc::new(Counts::default());
    let counter = counts.clone();
    rt::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (database, counter) = (database.clone(), counter.clone());
            // An error ends the connection, and the server that lost it says so.
            rt::spawn(async move { forward(client, &database, &counter).await });
        }
    });
    Ok((address, counts))
}

async fn forward(client: TcpStream, database: &str, counts: &Counts) -> io::Result<()> {
    let database = TcpStream::connect(database).await?;
    client.set_nodelay(true)?;
    database.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_database, mut to_database) = database.into_split();
    rt::spawn(async move { tokio::io::copy(&mut from_client, &mut to_database).await });
    let mut answers = Answers::default();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from_database.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        answers.read(&buffer[..read], counts);
        to_client.write_all(&buffer[..read]).await?;
    }
}

/// Reads messages: one byte of kind, four bytes of length that count themselves, the rest.
#[derive(Default)]
struct Answers {
    head: Vec<u8>,
    /// Bytes of the present message that are still to come.
    rest: usize,
}

impl Answers {
    fn read(&mut self, mut bytes: &[u8], counts: &Counts) {
        while let Some((first, others)) = bytes.split_first() {
            if self.rest > 0 {
                let passed = self.rest.min(bytes.len());
                self.rest -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            self.head.push(*first);
            bytes = others;
            if let [kind, length @ ..] = &*self.head
                && let Ok(length) = <[u8; 4]>::try_from(length)
            {
                match kind {
                    b'C' => counts.statements.update(|n| n + 1),
                    b'Z' => counts.round_trips.update(|n| n + 1),
                    _ => {}
                }
                self.rest = (u32::from_be_bytes(length) as usize).saturating_sub(4);
                self.head.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_however_they_are_cut() {
        // CommandComplete "OK", DataRow with bytes that look like messages, ReadyForQuery.
        let stream = b"C\0\0\0\x07OK\0D\0\0\0\x09ZZCCZC\0\0\0\x07OK\0Z\0\0\0\x05I";
        for size in 1..=stream.len() {
            let (counts, mut answers) = (Counts::default(), Answers::default());
            for piece in stream.chunks(size) {
                answers.read(piece, &counts);
            }
            assert_eq!((counts.statements(), counts.round_trips()), (2, 1), "in pieces of {size}");
        }
    }
}
