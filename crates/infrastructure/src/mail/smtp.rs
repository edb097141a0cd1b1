//! # Why a thread for each message
//!
//! lettre's asynchronous client bounds the wait for a connection and not that for an answer, and an attempt that is broken off
//! in the middle of a message gives its connection back to the pool, where the late answer to the old message would be taken
//! for the answer to the next: a refused message could count as sent. Its blocking client bounds every wait, and what has begun
//! on a thread goes on to its end, whatever becomes of the attempt. There are never more of them than jobs in hand.

use std::error::Error;
use std::io;
use std::time::Duration;

use async_trait::async_trait;
use cotenant_domain::mail::{MailError, Mailer, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{SmtpTransport, Transport};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::spawn_blocking;

use super::composer::{Bodies, Composer};

/// Whether the way to the mail server is encrypted. What is asked for is required: a server that does not offer it is sent
/// neither password nor message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the greeting on (RFC 3207), as is usual at port 587.
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
    /// Most connections held open at a time.
    pub connections: u32,
}

/// Hands messages to a mail server, over connections that are kept for a while.
pub struct SmtpMailer {
    composer: Composer,
    transport: SmtpTransport,
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
        Ok(Self { composer, transport: builder.build() })
    }

    /// Asks the server whether it is there, as encrypted as asked for, and takes the password. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`MailError::Unsent`], which tells what is in the way.
    pub async fn check(&self) -> Result<(), MailError> {
        let transport = self.transport.clone();
        match spawn_blocking(move || transport.test_connection()).await.map_err(MailError::unsent)? {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError::unsent(Why::Protocol)),
            Err(error) => Err(failure(&error)),
        }
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
        let transport = self.transport.clone();
        match spawn_blocking(move || transport.send(&letter)).await.map_err(MailError::unsent)? {
            Ok(_) => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }
}

/// What is told of a failure. Servers repeat addresses in their answers, and of those this is the number alone.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("the mail server answered {0}")]
    Answered(u16),
    #[error("the way to the mail server cannot be encrypted, or its certificate does not hold")]
    Tls,
    #[error("the mail server cannot be reached: {0}")]
    Io(io::ErrorKind),
    #[error("the mail server was not understood, or does not offer what is asked for")]
    Protocol,
}

/// Answers that speak of the recipient: no such mailbox, not here, not a name, a domain that takes no mail (RFC 5321, 4.2.3;
/// RFC 7504). Every other 5xx may be about this client (a wrong password, a limit, a blocked address), which somebody mends.
const FOR_GOOD: [u16; 4] = [550, 551, 553, 556];

fn failure(error: &smtp::Error) -> MailError {
    if let Some(code) = error.status().map(u16::from) {
        let why = Why::Answered(code);
        return if FOR_GOOD.contains(&code) { MailError::refused(why) } else { MailError::unsent(why) };
    }
    if error.is_tls() {
        return MailError::unsent(Why::Tls);
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return MailError::unsent(Why::Io(io.kind()));
        }
        source = cause.source();
    }
    MailError::unsent(Why::Protocol)
}
