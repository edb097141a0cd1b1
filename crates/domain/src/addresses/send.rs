use async_trait::async_trait;
use time::OffsetDateTime;

use super::{AddressChangeId, AddressToken, Mailbox};
use crate::Deps;
use crate::jobs::{Done, Field, JobError, JobId, JobKind, NewJob, PlatformAttempt, PlatformJobHandler, Priority};
use crate::mail::{Message, Occasion};

crate::payload! {
    /// Which mailbox of which change to write to.
    pub struct ProofToSend {
        /// The change.
        address_change_id: AddressChangeId,
        /// The mailbox.
        mailbox: Mailbox,
    }
}

impl Field for Mailbox {
    fn write(&self) -> String {
        self.as_str().to_owned()
    }

    fn read(stored: &str) -> Option<Self> {
        Self::parse(stored)
    }
}

/// Sends the token of a mailbox there. As with resets, each attempt mints a secret of its own, and the last one counts.
#[derive(Debug, Clone, Copy)]
pub struct SendAddressProof;

impl JobKind for SendAddressProof {
    const NAME: &'static str = "address_proof.send";
    const PRIORITY: Priority = Priority::High;
    type Payload = ProofToSend;
}

#[async_trait]
impl PlatformJobHandler for SendAddressProof {
    async fn run(&self, attempt: &PlatformAttempt<'_>, about: ProofToSend) -> Result<Done, JobError> {
        let Some(message) = write_message(attempt, about.address_change_id, about.mailbox).await? else {
            return Ok(attempt.closed::<Self>());
        };
        attempt.mailer().send(&message).await?;
        Ok(attempt.done())
    }
}

/// The job that writes to a mailbox.
pub(super) fn sending(deps: &Deps, change: AddressChangeId, mailbox: Mailbox, now: OffsetDateTime) -> NewJob {
    let about = ProofToSend { address_change_id: change, mailbox };
    NewJob::of::<SendAddressProof>(JobId::new(deps.ids.next()), &about, now)
}

/// What is written to a mailbox; `None` where the change is gone, and where the mailbox was shown since an earlier attempt.
/// Whoever has the next address already is told so at the address they have, and gets no token.
async fn write_message(
    attempt: &PlatformAttempt<'_>,
    id: AddressChangeId,
    mailbox: Mailbox,
) -> Result<Option<Message>, JobError> {
    let unit = attempt.person().await?;
    unit.address_changes().sweep(attempt.now()).await?;
    let Some(change) = unit.address_changes().find(id).await? else {
        unit.commit().await?;
        return Ok(None);
    };
    let address = change.address(mailbox);
    if mailbox == Mailbox::Next
        && !change.is_verification()
        && let Some(owner) = unit.people().find_by_email(address).await?
    {
        unit.commit().await?;
        return Ok(Some(Message::of_platform(&owner.email, Occasion::AddressTaken)));
    }
    unit.people().lock(change.user_id).await?;
    if unit.address_changes().find(id).await?.is_none_or(|change| change.is_shown(mailbox)) {
        return Ok(None);
    }
    let token = AddressToken(attempt.secrets().next());
    unit.address_changes().issue(id, mailbox, &token.0.hash()).await?;
    unit.commit().await?;
    let (token, expires_at) = (token.reveal().into(), change.expires_at);
    let occasion = match (mailbox, change.is_verification()) {
        (Mailbox::Next, true) => Occasion::VerifyAddress { token, expires_at },
        (Mailbox::Next, false) => Occasion::ConfirmNextAddress { token, expires_at },
        (Mailbox::Present, _) => Occasion::ConfirmPresentAddress { next: change.to.clone(), token, expires_at },
    };
    Ok(Some(Message::of_platform(address, occasion)))
}
