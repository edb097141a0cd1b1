//! Which way messages take.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cotenant_domain::mail::Mailer;
use cotenant_domain::shared::{Clock, IdSource};
use cotenant_infrastructure::{
    Composer, ComposerError, Encryption, FileMailer, Letterhead, NoMailer, SmtpMailer, SmtpOptions, SmtpSetupError,
    SystemClock, UuidV7,
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
    /// The way to the mail server.
    #[error(transparent)]
    Smtp(#[from] SmtpSetupError),
    /// A file that a setting names.
    #[error("the file that mail.{setting} names cannot be read")]
    File {
        /// Which setting.
        setting: &'static str,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// Who sends messages by these settings.
pub(crate) fn mailer(mail: &Mail, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Arc<dyn Mailer>, Failure> {
    let composer = composer(mail, clock, ids.clone())?;
    Ok(match (smtp(mail)?, mail.transport, &mail.directory) {
        (Some(options), ..) => Arc::new(SmtpMailer::new(composer, options).map_err(MailSetupError::from)?),
        (None, MailTransport::File, Some(directory)) => Arc::new(FileMailer::new(directory.clone(), composer, ids)),
        (None, MailTransport::Smtp, _) | (None, MailTransport::File, None) => Arc::new(NoMailer),
    })
}

/// Whether the mail server is to be had, where there is one: what is in the way otherwise.
pub(crate) async fn check(mail: &Mail) -> Result<(), Failure> {
    let Some(options) = smtp(mail)? else { return Ok(()) };
    let composer = composer(mail, Arc::new(SystemClock), Arc::new(UuidV7))?;
    Ok(SmtpMailer::new(composer, options).map_err(MailSetupError::from)?.check().await?)
}

fn composer(mail: &Mail, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Composer, MailSetupError> {
    let letterhead = Letterhead {
        from: mail.from.clone(),
        reply_to: mail.reply_to.clone(),
        locale: mail.locale,
        link: mail.link.clone(),
    };
    Ok(Composer::new(letterhead, clock, ids)?)
}

fn smtp(mail: &Mail) -> Result<Option<SmtpOptions>, MailSetupError> {
    let (MailTransport::Smtp, Some(host)) = (mail.transport, mail.host.clone()) else { return Ok(None) };
    let read = |setting, file: &PathBuf| std::fs::read(file).map_err(|source| MailSetupError::File { setting, source });
    let password = match &mail.password_file {
        Some(file) => {
            let text = String::from_utf8(read("password_file", file)?).map_err(|error| MailSetupError::File {
                setting: "password_file",
                // Without the bytes, which the error would show.
                source: std::io::Error::new(std::io::ErrorKind::InvalidData, error.utf8_error()),
            })?;
            Some(SecretString::from(text.trim_end_matches(['\r', '\n'])))
        }
        None => mail.password.clone(),
    };
    Ok(Some(SmtpOptions {
        host,
        port: u16::try_from(mail.port).unwrap_or(u16::MAX),
        credentials: mail.user.clone().zip(password),
        encryption: match mail.tls {
            MailTls::StartTls => Encryption::StartTls,
            MailTls::Tls => Encryption::Tls,
            MailTls::None => Encryption::None,
        },
        authorities: mail.authorities_file.as_ref().map(|file| read("authorities_file", file)).transpose()?,
        timeout: Duration::from_secs(mail.timeout_seconds),
        connections: mail.connections,
    }))
}
