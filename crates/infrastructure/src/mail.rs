//! Mail for development: each message a file, to be opened with anything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use cotenant_domain::mail::{MailError, Mailer, Message};
use cotenant_domain::shared::{Clock, IdSource};
use secrecy::ExposeSecret;
use time::format_description::well_known::Rfc2822;
use tokio::task::spawn_blocking;

/// Writes messages into a directory, one file each, newest last in the order of names.
pub struct FileMailer {
    directory: PathBuf,
    from: String,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl FileMailer {
    /// A mailer that writes into `directory`, which it makes when it is first needed.
    pub fn new(directory: PathBuf, from: String, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { directory, from, clock, ids }
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        let directory = self.directory.clone();
        // The name holds nothing of the message: an address is not a file name.
        let name = format!("{}.eml", self.ids.next());
        let date = self.clock.now().format(&Rfc2822).map_err(|e| MailError(e.into()))?;
        let text = format!(
            "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
            date,
            self.from,
            message.to,
            message.subject.replace(['\r', '\n'], " "),
            message.text.expose_secret()
        );
        let written = spawn_blocking(move || write_new(&directory, &name, &text)).await;
        written.map_err(|e| MailError(e.into()))?.map_err(|e| MailError(e.into()))
    }
}

/// Writes under another name first, so that who looks into the directory never finds half a message. The directory and
/// the file are their owner's alone: messages carry secrets.
fn write_new(directory: &Path, name: &str, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut directories = std::fs::DirBuilder::new();
    let mut files = std::fs::OpenOptions::new();
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut directories, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut files, 0o600);
    }
    directories.recursive(true).create(directory)?;
    let draft = directory.join(format!(".{name}"));
    files.write(true).create_new(true).open(&draft)?.write_all(text.as_bytes())?;
    std::fs::rename(draft, directory.join(name))
}

/// Has nowhere to send to: every attempt fails, and its job is tried again.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMailer;

/// No way to send mail is configured.
#[derive(Debug, thiserror::Error)]
#[error("no way to send mail is configured: set mail.directory")]
struct NotConfigured;

#[async_trait]
impl Mailer for NoMailer {
    async fn send(&self, _: &Message) -> Result<(), MailError> {
        Err(MailError(NotConfigured.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SystemClock, UuidV7};

    #[tokio::test]
    async fn a_message_becomes_a_file_that_only_its_owner_reads() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("mail");
        let mailer =
            FileMailer::new(directory.clone(), "Us <us@localhost>".into(), Arc::new(SystemClock), Arc::new(UuidV7));
        let message = Message {
            to: "asha@duka.example".parse().unwrap(),
            subject: "Hello\r\nBcc: everybody@example.com".into(),
            text: "the text".to_owned().into(),
        };
        mailer.send(&message).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(&directory).unwrap().map(|f| f.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(&files[0]).unwrap();
        assert!(text.contains("\r\nTo: asha@duka.example\r\n") && text.ends_with("\r\n\r\nthe text\r\n"), "{text}");
        assert!(!text.contains("\nBcc:"), "a subject cannot add a header: {text}");
        let date = text.lines().find_map(|line| line.strip_prefix("Date: ")).unwrap();
        assert!(time::OffsetDateTime::parse(date, &Rfc2822).is_ok(), "{date}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn without_a_directory_sending_fails_and_says_what_to_set() {
        let message = Message { to: "a@b.co".parse().unwrap(), subject: String::new(), text: String::new().into() };
        let error = NoMailer.send(&message).await.unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("mail.directory"));
    }
}
