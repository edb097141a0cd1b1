//! A mail server for tests: it speaks enough SMTP (RFC 5321, RFC 4954) for one client, and keeps every line that it is told.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a mail server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Temper {
    /// It takes everything.
    Kind,
    /// It refuses recipients with this answer, and repeats their address.
    RefusesRecipient(u16),
    /// It refuses the password.
    RefusesPassword,
    /// It never says a word.
    Silent,
}

pub(super) struct PostOffice {
    pub(super) port: u16,
    said: Arc<Mutex<Vec<String>>>,
}

impl PostOffice {
    pub(super) async fn open(temper: Temper) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let office = Self { port: listener.local_addr().unwrap().port(), said: Arc::default() };
        let said = office.said.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, temper, said.clone()));
            }
        });
        office
    }

    /// Every line that clients said, in order.
    pub(super) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, temper: Temper, said: Arc<Mutex<Vec<String>>>) {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    if temper != Temper::Silent {
        writing.write_all(b"220 post.example\r\n").await.unwrap();
    }
    let mut in_text = false;
    while let Ok(Some(line)) = lines.next_line().await {
        said.lock().unwrap().push(line.clone());
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            _ if temper == Temper::Silent => continue,
            "." if in_text => {
                in_text = false;
                "250 taken".to_owned()
            }
            _ if in_text => continue,
            "EHLO" => "250-post.example\r\n250 AUTH PLAIN".to_owned(),
            "AUTH" if temper == Temper::RefusesPassword => "535 wrong".to_owned(),
            "AUTH" => "235 welcome".to_owned(),
            "RCPT" => match temper {
                Temper::RefusesRecipient(code) => format!("{code} {line}"),
                _ => "250 well".to_owned(),
            },
            "DATA" => {
                in_text = true;
                "354 go on".to_owned()
            }
            "QUIT" => "221 bye".to_owned(),
            _ => "250 well".to_owned(),
        };
        if writing.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}
