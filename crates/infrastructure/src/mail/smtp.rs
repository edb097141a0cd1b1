//! # Why a thread for each message
//!
//! lettre's asynchronous client bounds the wait for a connection and not that for an answer, and an attempt that is broken off
//! in the middle of a message gives its connection back to the pool, where the late answer to the old message would be taken
//! for the answer to the next: a refused message could count as sent. Its blocking client bounds every wait, and what has begun
//! on a thread goes on to its end, whatever becomes of the attempt: one that took too long, or was broken off by a stop, can
//! still have sent its message, and the next one sends it again. The threads are none of the runtime's, whose end would wait for
//! them, as long as a mail server that says nothing likes. There are never more of them than connections: each holds a place
//! until it has ended.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use cotenant_domain::mail::{MailError, Mailer, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{SmtpTransport, Transport};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, oneshot};

use super::composer::{Bodies, Composer};

/// Whether the way to the mail server is encrypted. What is asked for is required: a server that does not offer it is sent
/// neither password nor message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the greeting on (RFC 3207), as is usual at port 587. Answers that somebody on the way puts behind that to STARTTLS
    /// are believed as if they came under encryption: lettre keeps what it has read.
    StartTls,
    /// From the first byte (RFC 8314), as is usual at port 465.
    Tls,
    /// None, for a relay on the same machine.
    None,
}

/// How a mail server is reached.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// Its name, for which it has a certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User and password, where it asks for them.
    pub credentials: Option<(String, SecretString)>,
    /// Whether the way is encrypted.
    pub encryption: Encryption,
    /// Certificates (PEM) of authorities that are believed beside Mozilla's, as of a company's own.
    pub authorities: Option<Vec<u8>>,
    /// Longest wait for a connection, and for each answer.
    pub timeout: Duration,
    /// Most connections at a time.
    pub connections: u32,
}

/// Hands messages to a mail server, over connections that are kept for a while.
pub struct SmtpMailer {
    composer: Composer,
    transport: SmtpTransport,
    places: Arc<Semaphore>,
}

/// Why there is no way to a mail server.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSetupError {
    /// Its name is none that a certificate can be for, or a certificate of an authority is none of one.
    #[error("no encrypted connection can be made to a mail server of this name, with these authorities")]
    Encryption(#[source] smtp::Error),
    /// There is no certificate in what was given as those of authorities.
    #[error("what was given as certificates of authorities is no PEM with certificates in it")]
    Authorities(#[source] Option<smtp::Error>),
}

impl SmtpMailer {
    /// A mailer that hands messages to this server. Nothing is connected before there is a message.
    ///
    /// # Errors
    ///
    /// [`SmtpSetupError`].
    pub fn new(composer: Composer, options: SmtpOptions) -> Result<Self, SmtpSetupError> {
        let tls = match options.encryption {
            Encryption::StartTls => Tls::Required(parameters(&options)?),
            Encryption::Tls => Tls::Wrapper(parameters(&options)?),
            Encryption::None => Tls::None,
        };
        let mut builder = SmtpTransport::builder_dangerous(&options.host)
            .port(options.port)
            .tls(tls)
            .timeout(Some(options.timeout))
            .hello_name(ClientId::Domain(composer.domain().to_owned()))
            .pool_config(PoolConfig::new().max_size(options.connections));
        if let Some((user, password)) = options.credentials {
            builder = builder.credentials(Credentials::new(user, password.expose_secret().to_owned()));
        }
        let places = Arc::new(Semaphore::new(options.connections as usize));
        Ok(Self { composer, transport: builder.build(), places })
    }

    /// Asks the server whether it is there, as encrypted as asked for, and takes the password. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`MailError::Unsent`], which tells what is in the way.
    pub async fn check(&self) -> Result<(), MailError> {
        match self.on_a_thread(SmtpTransport::test_connection).await? {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError::unsent(Why::Protocol)),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn on_a_thread<T: Send + 'static>(
        &self,
        talk: impl FnOnce(&SmtpTransport) -> T + Send + 'static,
    ) -> Result<T, MailError> {
        let place = self.places.clone().acquire_owned().await.map_err(MailError::unsent)?;
        let transport = self.transport.clone();
        let (speaker, listener) = oneshot::channel();
        let talking = move || {
            let talked = talk(&transport);
            // Not before the talk has ended, even where nobody waits for it any more.
            drop(place);
            drop(speaker.send(talked));
        };
        thread::Builder::new().name("mail".to_owned()).spawn(talking).map_err(MailError::unsent)?;
        listener.await.map_err(MailError::unsent)
    }
}

fn parameters(options: &SmtpOptions) -> Result<TlsParameters, SmtpSetupError> {
    let mut builder = TlsParametersBuilder::new(options.host.clone());
    if let Some(pem) = &options.authorities {
        if !pem.windows(BEGINNING.len()).any(|window| window == BEGINNING) {
            return Err(SmtpSetupError::Authorities(None));
        }
        let authorities = Certificate::from_pem(pem).map_err(|error| SmtpSetupError::Authorities(Some(error)))?;
        builder = builder.add_root_certificate(authorities);
    }
    builder.build().map_err(SmtpSetupError::Encryption)
}

/// How a certificate begins in PEM (RFC 7468). A text without one is taken for none at all, and nobody would be believed.
const BEGINNING: &[u8] = b"-----BEGIN CERTIFICATE-----";

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        let letter = self.composer.compose(message, Bodies::ForServers)?;
        let is_ascii = letter.envelope().to().iter().all(|to| AsRef::<str>::as_ref(to).is_ascii());
        match self.on_a_thread(move |transport| transport.send(&letter)).await? {
            Ok(_) => Ok(()),
            Err(error) if error.is_client() && !is_ascii => Err(MailError::unsent(Why::BeyondAscii)),
            Err(error) => Err(failure(&error)),
        }
    }
}

/// What is told of a failure. Servers repeat addresses in their answers, and of those these are the numbers alone.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("the mail server answered {0}")]
    Answered(String),
    #[error("the way to the mail server cannot be encrypted, or its certificate does not hold")]
    Tls,
    #[error("the mail server did not answer in time")]
    Silence,
    #[error("the mail server cannot be reached: {0}")]
    Io(io::ErrorKind),
    #[error("the mail server does not take addresses with letters beyond ASCII (SMTPUTF8)")]
    BeyondAscii,
    #[error("the mail server was not understood, or does not offer what is asked for")]
    Protocol,
}

impl Why {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            _ if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => Self::Tls,
            // A read that runs out of time is one or the other, by the system.
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Silence,
            kind => Self::Io(kind),
        }
    }
}

/// An enhanced status code (RFC 3463): class, subject, detail.
type Enhanced = [u16; 3];

/// What speaks of the recipient alone (RFC 3463, RFC 5248): no such mailbox, no such domain, no address, moved away, a domain
/// that takes no mail. The three digits before do not: servers answer 550 and 553 to senders and networks that they do not
/// like, too, and somebody mends that.
const OF_THE_RECIPIENT: [Enhanced; 5] = [[5, 1, 1], [5, 1, 2], [5, 1, 3], [5, 1, 6], [5, 1, 10]];

/// The enhanced status code with which an answer begins.
fn enhanced(answer: &str) -> Option<Enhanced> {
    let word = answer.split_whitespace().next()?;
    let is_numbers = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let numbers: Result<Vec<u16>, _> = word.split('.').map(str::parse).collect();
    is_numbers.then_some(numbers.ok()?)?.try_into().ok()
}

fn failure(error: &smtp::Error) -> MailError {
    if let Some(code) = error.status() {
        let enhanced = error.source().and_then(|answer| enhanced(&answer.to_string()));
        let Some([class, subject, detail]) = enhanced else {
            return MailError::unsent(Why::Answered(code.to_string()));
        };
        let why = Why::Answered(format!("{code} {class}.{subject}.{detail}"));
        let is_final = error.is_permanent() && OF_THE_RECIPIENT.contains(&[class, subject, detail]);
        return if is_final { MailError::refused(why) } else { MailError::unsent(why) };
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<rustls::Error>() {
            return MailError::unsent(Why::Tls);
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return MailError::unsent(Why::of(io));
        }
        source = cause.source();
    }
    MailError::unsent(Why::Protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enhanced_status_code_is_three_numbers_at_the_beginning() {
        assert_eq!(enhanced("5.1.1 <asha@duka.example>: no such mailbox"), Some([5, 1, 1]));
        assert_eq!(enhanced("5.1.10"), Some([5, 1, 10]));
        for none in ["", "no 5.1.1", "5.1", "5.1.1.1", "5.1.1: no", "+5.1.1 no", "5..1 no", "5.1.99999 no"] {
            assert_eq!(enhanced(none), None, "{none}");
        }
    }
}
