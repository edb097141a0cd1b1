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
use lettre::transport::smtp::client::{Tls, TlsParameters};
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

/// The name of a mail server cannot be one.
#[derive(Debug, thiserror::Error)]
#[error("no encrypted connection can be made to a mail server of this name")]
pub struct InvalidHost;

impl SmtpMailer {
    /// A mailer that hands messages to this server. Nothing is connected before there is a message.
    ///
    /// # Errors
    ///
    /// [`InvalidHost`] for a host that has no certificate to be asked for.
    pub fn new(composer: Composer, options: SmtpOptions) -> Result<Self, InvalidHost> {
        let parameters = || TlsParameters::new(options.host.clone()).map_err(|_| InvalidHost);
        let tls = match options.encryption {
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::Tls => Tls::Wrapper(parameters()?),
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
}

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cotenant_domain::mail::{Locale, Occasion};

    use super::super::composer::Letterhead;
    use super::super::post_office::{PostOffice, Temper};
    use super::*;
    use crate::clock::{SystemClock, UuidV7};

    const PASSWORD: &str = "a-password-of-mail";

    fn options(port: u16) -> SmtpOptions {
        SmtpOptions {
            host: "127.0.0.1".into(),
            port,
            credentials: Some(("us".into(), PASSWORD.into())),
            encryption: Encryption::None,
            timeout: Duration::from_secs(2),
            connections: 2,
        }
    }

    fn mailer(options: SmtpOptions) -> SmtpMailer {
        let letterhead = Letterhead {
            from: "Us <us@cotenant.example>".into(),
            reply_to: Some("help@cotenant.example".into()),
            locale: Locale::English,
            link: None,
        };
        let composer = Composer::new(letterhead, Arc::new(SystemClock), Arc::new(UuidV7)).unwrap();
        SmtpMailer::new(composer, options).unwrap()
    }

    fn message() -> Message {
        Message {
            to: "asha@duka.example".parse().unwrap(),
            speaker: Some("Duka, Ltd \"Ç\"".parse().unwrap()),
            locale: Some(Locale::Swahili),
            occasion: Occasion::Invitation {
                tenant: "Duka".parse().unwrap(),
                token: "inv_0123456789abcdef".to_owned().into(),
                expires_at: time::OffsetDateTime::UNIX_EPOCH,
            },
        }
    }

    /// An error and all beneath it, as it is logged.
    fn told(error: &dyn Error) -> String {
        let beneath = error.source().map(told).unwrap_or_default();
        format!("{error} / {error:?} / {beneath}")
    }

    #[tokio::test]
    async fn a_message_arrives_in_two_forms_from_the_tenant_and_over_one_connection() {
        let office = PostOffice::open(Temper::Kind).await;
        let mailer = mailer(options(office.port));
        mailer.send(&message()).await.unwrap();
        mailer.send(&message()).await.unwrap();
        let said = office.said();
        assert_eq!(said.iter().filter(|line| line.starts_with("EHLO")).count(), 1, "{said:?}");
        assert_eq!(said.iter().filter(|line| line.starts_with("RCPT TO:<asha@duka.example>")).count(), 2);
        assert!(
            said.contains(&"EHLO cotenant.example".to_owned())
                && said.iter().any(|line| line.starts_with("AUTH PLAIN"))
        );
        for line in [
            "To: asha@duka.example",
            "Reply-To: help@cotenant.example",
            "Subject: Mwaliko wa Duka",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
            "inv_0123456789abcdef",
        ] {
            assert_eq!(said.iter().filter(|said| *said == line).count(), 2, "{line}: {said:#?}");
        }
        let from = said.iter().find(|line| line.starts_with("From: ")).unwrap();
        assert!(from.is_ascii() && !from.contains("Us"), "{from}");
        assert!(said.iter().any(|line| line.contains("<us@cotenant.example>")));
    }

    #[tokio::test]
    async fn a_mailbox_that_does_not_exist_is_final_and_its_address_is_not_told() {
        let office = PostOffice::open(Temper::RefusesRecipient(550)).await;
        let error = mailer(options(office.port)).send(&message()).await.unwrap_err();
        assert!(matches!(error, MailError::Refused(_)), "{error:?}");
        let told = told(&error);
        assert!(told.contains("550") && !told.contains("asha") && !told.contains("inv_"), "{told}");
    }

    #[tokio::test]
    async fn what_may_be_better_later_is_tried_again() {
        for temper in [Temper::RefusesRecipient(450), Temper::RefusesRecipient(552), Temper::RefusesPassword] {
            let office = PostOffice::open(temper).await;
            let error = mailer(options(office.port)).send(&message()).await.unwrap_err();
            assert!(matches!(error, MailError::Unsent(_)), "{temper:?}: {error:?}");
            assert!(!told(&error).contains("asha") && !told(&error).contains(PASSWORD));
        }
    }

    #[tokio::test]
    async fn a_server_that_is_away_or_silent_is_tried_again() {
        let nobody = { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port() };
        let error = mailer(options(nobody)).send(&message()).await.unwrap_err();
        assert!(matches!(error, MailError::Unsent(_)) && told(&error).contains("refused"), "{error:?}");
        let office = PostOffice::open(Temper::Silent).await;
        let patience = SmtpOptions { timeout: Duration::from_millis(50), ..options(office.port) };
        let error = mailer(patience).send(&message()).await.unwrap_err();
        assert!(matches!(error, MailError::Unsent(_)), "{error:?}");
    }

    #[tokio::test]
    async fn where_encryption_is_asked_for_nothing_is_sent_without_it() {
        let office = PostOffice::open(Temper::Kind).await;
        let encrypted = SmtpOptions { encryption: Encryption::StartTls, ..options(office.port) };
        let error = mailer(encrypted).send(&message()).await.unwrap_err();
        assert!(matches!(error, MailError::Unsent(_)), "{error:?}");
        let said = office.said();
        assert!(said.iter().all(|line| !line.starts_with("AUTH") && !line.starts_with("MAIL")), "{said:?}");
    }
}
