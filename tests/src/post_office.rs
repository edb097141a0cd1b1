//! A mail server: it speaks enough SMTP (RFC 5321, RFC 3207, RFC 4954) for one client at a time and connection, and keeps every
//! line that it is told.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How a mail server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// It takes everything.
    Kind,
    /// It refuses recipients with this answer (code, and enhanced code where there is one), and repeats their address.
    RefusesRecipient(u16, &'static str),
    /// It refuses the password, and repeats it.
    RefusesPassword,
    /// It refuses the password, and somebody on the way puts answers to all that comes behind that to STARTTLS.
    Intercepted,
    /// It never says a word.
    Silent,
}

/// When the way to a mail server is encrypted.
#[derive(Debug, Clone)]
pub enum Encrypted {
    /// Never.
    Never,
    /// When a client asks for it (RFC 3207).
    Asked(Arc<ServerConfig>),
    /// From the first byte (RFC 8314).
    Always(Arc<ServerConfig>),
}

/// What is heard where encryption begins: all that follows came under it.
pub const ENCRYPTED: &str = "(encrypted)";

/// Answers to the second EHLO, to AUTH, MAIL, RCPT, DATA and the text.
const FORGED: &str =
    "250-post.example\r\n250 AUTH PLAIN\r\n235 in\r\n250 well\r\n250 well\r\n354 go on\r\n250 taken\r\n";

/// A mail server on this machine. It ends with the process.
pub struct PostOffice {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    visits: Arc<AtomicUsize>,
}

/// A certificate for a name, by an authority that nobody knows: what the server shows, and the authority in PEM.
pub fn certificate(name: &str) -> (Arc<ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (Arc::new(config), made.cert.pem())
}

impl PostOffice {
    /// A mail server at any port.
    pub fn open(temper: Temper, encrypted: Encrypted) -> Self {
        Self::open_at(0, temper, encrypted)
    }

    /// A mail server at this port.
    pub fn open_at(port: u16, temper: Temper, encrypted: Encrypted) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let office =
            Self { port: listener.local_addr().unwrap().port(), heard: Arc::default(), visits: Arc::default() };
        let (heard, visits) = (office.heard.clone(), office.visits.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                visits.fetch_add(1, Ordering::SeqCst);
                let (encrypted, heard) = (encrypted.clone(), heard.clone());
                // A client that goes away in the middle ends its conversation, and no test.
                thread::spawn(move || stream.and_then(|stream| Desk { temper, heard }.attend(stream, encrypted)));
            }
        });
        office
    }

    /// Every line that clients said, in order.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections were made.
    pub fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }

    /// How many lines begin so.
    pub fn count(&self, beginning: &str) -> usize {
        self.heard().iter().filter(|line| line.starts_with(beginning)).count()
    }
}

struct Desk {
    temper: Temper,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    fn attend(&self, stream: TcpStream, encrypted: Encrypted) -> io::Result<()> {
        let (stream, config) = match encrypted {
            Encrypted::Never => return self.converse(stream, true, false).map(drop),
            Encrypted::Asked(config) => match self.converse(stream, true, true)? {
                Some(stream) => (stream, config),
                None => return Ok(()),
            },
            Encrypted::Always(config) => return self.converse(self.encrypt(stream, config)?, true, false).map(drop),
        };
        self.converse(self.encrypt(stream, config)?, false, false).map(drop)
    }

    fn encrypt(
        &self,
        mut stream: TcpStream,
        config: Arc<ServerConfig>,
    ) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
        let mut connection = ServerConnection::new(config).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        self.hear(ENCRYPTED);
        Ok(StreamOwned::new(connection, stream))
    }

    fn hear(&self, line: &str) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }

    /// Talks until the client ends it; gives back the stream of one that asks for encryption.
    fn converse<S: Read + Write>(&self, stream: S, greets: bool, offers: bool) -> io::Result<Option<S>> {
        let mut lines = BufReader::new(stream);
        if greets && self.temper != Temper::Silent {
            lines.get_mut().write_all(b"220 post.example\r\n")?;
        }
        let (mut in_text, mut line) = (false, String::new());
        while lines.read_line(&mut line)? > 0 {
            let said = std::mem::take(&mut line);
            let said = said.trim_end_matches(['\r', '\n']);
            self.hear(said);
            let answer = match said.split([' ', ':']).next().unwrap_or_default() {
                _ if self.temper == Temper::Silent => continue,
                "." if in_text => {
                    in_text = false;
                    "250 taken".to_owned()
                }
                _ if in_text => continue,
                "EHLO" if offers => "250-post.example\r\n250 STARTTLS".to_owned(),
                "EHLO" => "250-post.example\r\n250 AUTH PLAIN".to_owned(),
                "STARTTLS" if offers => {
                    let forged = if self.temper == Temper::Intercepted { FORGED } else { "" };
                    lines.get_mut().write_all(format!("220 go on\r\n{forged}").as_bytes())?;
                    return Ok(Some(lines.into_inner()));
                }
                "AUTH" if matches!(self.temper, Temper::RefusesPassword | Temper::Intercepted) => {
                    format!("535 5.7.8 wrong: {said}")
                }
                "AUTH" => "235 welcome".to_owned(),
                "RCPT" => match self.temper {
                    Temper::RefusesRecipient(code, "") => format!("{code} {said}"),
                    Temper::RefusesRecipient(code, enhanced) => format!("{code} {enhanced} {said}"),
                    _ => "250 well".to_owned(),
                },
                "DATA" => {
                    in_text = true;
                    "354 go on".to_owned()
                }
                "QUIT" => "221 bye".to_owned(),
                _ => "250 well".to_owned(),
            };
            lines.get_mut().write_all(format!("{answer}\r\n").as_bytes())?;
        }
        Ok(None)
    }
}
