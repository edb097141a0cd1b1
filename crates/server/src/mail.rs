//! Which way messages take.

use std::sync::Arc;
use std::time::Duration;

use cotenant_domain::mail::Mailer;
use cotenant_domain::shared::{Clock, IdSource};
use cotenant_infrastructure::{
    Composer, ComposerError, Encryption, FileMailer, InvalidHost, Letterhead, NoMailer, SmtpMailer, SmtpOptions,
};
use secrecy::SecretString;

use crate::config::{Mail, MailTls, MailTransport};
use crate::failure::Failure;

/// Why there is no mailer.
#[derive(Debug, thiserror::Error)]
pub enum MailSetupError {
    /// The sender.
    #[error(transparent)]
    Composer(#[from] ComposerError),
    /// The mail server's name.
    #[error(transparent)]
    Host(#[from] InvalidHost),
    /// The file of its password.
    #[error("the file that mail.password_file names cannot be read")]
    Password(#[source] std::io::Error),
}

/// Who sends messages by these settings.
pub(crate) fn mailer(mail: &Mail, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Arc<dyn Mailer>, Failure> {
    Ok(built(mail, clock, ids)?)
}

fn built(mail: &Mail, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Arc<dyn Mailer>, MailSetupError> {
    let letterhead = Letterhead {
        from: mail.from.clone(),
        reply_to: mail.reply_to.clone(),
        locale: mail.locale,
        link: mail.link.clone(),
    };
    let composer = Composer::new(letterhead, clock, ids.clone())?;
    Ok(match (mail.transport, &mail.host, &mail.directory) {
        (MailTransport::Smtp, Some(host), _) => Arc::new(SmtpMailer::new(composer, options(mail, host.clone())?)?),
        (MailTransport::File, _, Some(directory)) => Arc::new(FileMailer::new(directory.clone(), composer, ids)),
        (MailTransport::Smtp, None, _) | (MailTransport::File, _, None) => Arc::new(NoMailer),
    })
}

fn options(mail: &Mail, host: String) -> Result<SmtpOptions, MailSetupError> {
    let password = match &mail.password_file {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(MailSetupError::Password)?;
            Some(SecretString::from(text.trim_end_matches(['\r', '\n'])))
        }
        None => mail.password.clone(),
    };
    Ok(SmtpOptions {
        host,
        port: u16::try_from(mail.port).unwrap_or(u16::MAX),
        credentials: mail.user.clone().zip(password),
        encryption: match mail.tls {
            MailTls::StartTls => Encryption::StartTls,
            MailTls::Tls => Encryption::Tls,
            MailTls::None => Encryption::None,
        },
        timeout: Duration::from_secs(mail.timeout_seconds),
        connections: mail.connections,
    })
}
