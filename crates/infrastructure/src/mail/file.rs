use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use cotenant_domain::mail::{MailError, Mailer, Message};
use cotenant_domain::shared::IdSource;
use tokio::task::spawn_blocking;

use super::composer::{Bodies, Composer};

/// Writes messages into a directory, one file each, newest last in the order of names: mail for development, to be opened with
/// anything.
pub struct FileMailer {
    directory: PathBuf,
    composer: Composer,
    ids: Arc<dyn IdSource>,
}

impl FileMailer {
    /// A mailer that writes into `directory`, which it makes when it is first needed.
    pub fn new(directory: PathBuf, composer: Composer, ids: Arc<dyn IdSource>) -> Self {
        Self { directory, composer, ids }
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        let directory = self.directory.clone();
        // The name holds nothing of the message: an address is not a file name.
        let name = format!("{}.eml", self.ids.next());
        let mut letter = self.composer.compose(message, Bodies::ForEyes)?.formatted();
        // Files end their lines as files do: CRLF is for the wire, and who cuts a token out of a line gets no CR with it.
        letter.retain(|byte| *byte != b'\r');
        let written = spawn_blocking(move || write_new(&directory, &name, &letter)).await;
        written.map_err(MailError::unsent)?.map_err(MailError::unsent)
    }
}

/// Writes under another name first, so that who looks into the directory never finds half a message, not even after a crash;
/// what could not be written whole is taken away. A directory that is made here and the file are their owner's alone: messages
/// carry secrets.
fn write_new(directory: &Path, name: &str, letter: &[u8]) -> std::io::Result<()> {
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
    let mut file = files.write(true).create_new(true).open(&draft)?;
    let written = file.write_all(letter).and_then(|()| file.sync_all());
    let written = written.and_then(|()| std::fs::rename(&draft, directory.join(name)));
    if written.is_err() {
        // The error above is the one to tell: a draft that stays is nobody's message.
        drop(std::fs::remove_file(&draft));
    }
    written
}

/// Has nowhere to send to: every attempt fails, and its job is tried again.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMailer;

/// No way to send mail is configured.
#[derive(Debug, thiserror::Error)]
#[error("no way to send mail is configured: set mail.directory, or mail.transport and mail.host")]
struct NotConfigured;

#[async_trait]
impl Mailer for NoMailer {
    async fn send(&self, _: &Message) -> Result<(), MailError> {
        Err(MailError::unsent(NotConfigured))
    }
}

#[cfg(test)]
mod tests {
    use cotenant_domain::mail::{Locale, Occasion};
    use time::format_description::well_known::Rfc2822;

    use super::super::composer::Letterhead;
    use super::*;
    use crate::clock::{SystemClock, UuidV7};

    fn message() -> Message {
        let token = "inv_0123456789".to_owned().into();
        let tenant: cotenant_domain::shared::Name = "Çarşı".parse().unwrap();
        let expires_at = time::OffsetDateTime::UNIX_EPOCH;
        let occasion = Occasion::Invitation { tenant: tenant.clone(), token, expires_at };
        Message { to: "asha@duka.example".parse().unwrap(), speaker: Some(tenant), locale: None, occasion }
    }

    #[tokio::test]
    async fn a_message_becomes_a_file_that_only_its_owner_reads() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("mail");
        let letterhead =
            Letterhead { from: "Us <us@localhost>".into(), reply_to: None, locale: Locale::English, link: None };
        let composer = Composer::new(letterhead, Arc::new(SystemClock), Arc::new(UuidV7)).unwrap();
        let mailer = FileMailer::new(directory.clone(), composer, Arc::new(UuidV7));
        mailer.send(&message()).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(&directory).unwrap().map(|f| f.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(&files[0]).unwrap();
        assert!(text.contains("\nTo: asha@duka.example\n") && text.contains("<us@localhost>\n"), "{text}");
        assert!(text.contains("\n\ninv_0123456789\n\n") && text.contains("join Çarşı at Us."), "{text}");
        let date = text.lines().find_map(|line| line.strip_prefix("Date: ")).unwrap();
        assert!(time::OffsetDateTime::parse(date, &Rfc2822).is_ok(), "{date}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            for (path, mode) in [(&files[0], 0o600), (&directory, 0o700)] {
                assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, mode, "{path:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_put_into_its_place_leaves_no_draft() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join("taken.eml/full")).unwrap();
        assert!(write_new(home.path(), "taken.eml", b"a letter").is_err());
        assert!(!home.path().join(".taken.eml").exists());
    }

    #[tokio::test]
    async fn without_a_way_sending_fails_and_says_what_to_set() {
        let error = NoMailer.send(&message()).await.unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("mail.directory"));
    }
}
