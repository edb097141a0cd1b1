use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use cotenant_domain::mail::{MailError, Mailer, Message};

use super::hold;

/// Keeps the messages that it is given.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    sent: Mutex<Vec<Message>>,
    away: AtomicBool,
    refuses: AtomicBool,
}

impl MemoryMailer {
    /// A mailer that has sent nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was sent, oldest first.
    pub fn sent(&self) -> Vec<Message> {
        hold(&self.sent).clone()
    }

    /// Whether the mail server shall be away: every message is refused then.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// Whether the mail server shall refuse every message for good.
    pub fn set_refuses(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::Relaxed);
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(MailError::unsent("the mail server is away"));
        }
        if self.refuses.load(Ordering::Relaxed) {
            return Err(MailError::refused("there is no such mailbox"));
        }
        hold(&self.sent).push(message.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cotenant_domain::mail::Occasion;

    use super::*;

    #[tokio::test]
    async fn messages_are_kept_unless_the_server_is_away() {
        let mailer = MemoryMailer::new();
        let to: cotenant_domain::shared::EmailAddress = "asha@duka.example".parse().unwrap();
        let message = Message::of_platform(&to, Occasion::PasswordChanged);
        mailer.set_away(true);
        assert!(mailer.send(&message).await.is_err());
        mailer.set_away(false);
        mailer.send(&message).await.unwrap();
        assert_eq!(mailer.sent().len(), 1);
    }
}
