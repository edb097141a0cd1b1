//! Which way messages take.

use std::path::{Path, PathBuf};
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
    /// A file that is to hold the password.
    #[error("the file that mail.password_file names holds no password")]
    NoPassword,
}

/// Which way messages take.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way<'a> {
    /// To the mail server of this name.
    Smtp(&'a str),
    /// Into files in this directory.
    Files(&'a Path),
    /// None: none is configured.
    Nowhere,
}

impl<'a> Way<'a> {
    /// The way by these settings.
    pub(crate) fn of(mail: &'a Mail) -> Self {
        match (mail.transport, &mail.host, &mail.directory) {
            (MailTransport::Smtp, Some(host), _) => Self::Smtp(host),
            (MailTransport::File, _, Some(directory)) => Self::Files(directory),
            _ => Self::Nowhere,
        }
    }
}

/// Who sends messages by these settings.
pub(crate) fn mailer(mail: &Mail, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Arc<dyn Mailer>, Failure> {
    let composer = composer(mail, clock, ids.clone())?;
    Ok(match Way::of(mail) {
        Way::Smtp(host) => Arc::new(SmtpMailer::new(composer, smtp(mail, host)?).map_err(MailSetupError::from)?),
        Way::Files(directory) => Arc::new(FileMailer::new(directory.to_owned(), composer, ids)),
        Way::Nowhere => {
            tracing::warn!(
                "neither mail.directory nor a mail server is set: no message can be sent, and each is given up after its \
                 last attempt"
            );
            Arc::new(NoMailer)
        }
    })
}

/// Whether the mail server is to be had, where there is one: what is in the way otherwise.
pub(crate) async fn check(mail: &Mail) -> Result<(), Failure> {
    let Way::Smtp(host) = Way::of(mail) else { return Ok(()) };
    let options = smtp(mail, host)?;
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

fn smtp(mail: &Mail, host: &str) -> Result<SmtpOptions, MailSetupError> {
    let read = |setting, file: &PathBuf| std::fs::read(file).map_err(|source| MailSetupError::File { setting, source });
    let password = match &mail.password_file {
        Some(file) => {
            let text = String::from_utf8(read("password_file", file)?).map_err(|error| MailSetupError::File {
                setting: "password_file",
                // Without the bytes, which the error would show.
                source: std::io::Error::new(std::io::ErrorKind::InvalidData, error.utf8_error()),
            })?;
            let password = text.trim_end_matches(['\r', '\n']);
            if password.is_empty() {
                return Err(MailSetupError::NoPassword);
            }
            Some(SecretString::from(password))
        }
        None => mail.password.clone(),
    };
    Ok(SmtpOptions {
        host: host.to_owned(),
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
    })
}
