use async_trait::async_trait;
use serde_json::json;
use time::OffsetDateTime;

use super::{AddressChangeId, AddressToken, Mailbox};
use crate::Deps;
use crate::jobs::{Job, JobError, JobId, NewJob, PlatformJobHandler};
use crate::mail::{self, Message};
use crate::tenancy::PlatformScope;

/// The kind of the job that writes to one mailbox of a change; its payload is `{"address_change_id": ..., "mailbox": ...}`.
pub const SEND_ADDRESS_PROOF: &str = "address_proof.send";

/// Sends the token of a mailbox there. As with resets, each attempt mints a secret of its own, and the last one counts.
#[derive(Debug, Clone, Copy)]
pub struct SendAddressProof;

#[async_trait]
impl PlatformJobHandler for SendAddressProof {
    fn kind(&self) -> &'static str {
        SEND_ADDRESS_PROOF
    }

    async fn run(&self, deps: &Deps, _: &PlatformScope, job: &Job) -> Result<(), JobError> {
        let mailbox = job.payload["mailbox"].as_str().and_then(Mailbox::parse).ok_or(JobError::Payload("mailbox"))?;
        if let Some(message) = write_message(deps, job.id_in("address_change_id")?, mailbox).await? {
            deps.mailer.send(&message).await?;
        }
        Ok(())
    }
}

/// The job that writes to a mailbox.
pub(super) fn sending(deps: &Deps, change: AddressChangeId, mailbox: Mailbox, now: OffsetDateTime) -> NewJob {
    NewJob {
        id: JobId::new(deps.ids.next()),
        kind: SEND_ADDRESS_PROOF,
        payload: json!({ "address_change_id": change, "mailbox": mailbox.as_str() }),
        run_at: now,
    }
}

/// What is written to a mailbox; `None` where the change is gone, and where the mailbox was shown since an earlier attempt.
/// Whoever has the next address already is told so at the address they have, and gets no token.
async fn write_message(deps: &Deps, id: AddressChangeId, mailbox: Mailbox) -> Result<Option<Message>, JobError> {
    let unit = deps.db.person().await?;
    unit.address_changes().sweep(deps.clock.now()).await?;
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
        return Ok(Some(mail::address_taken(&owner.email)));
    }
    unit.people().lock(change.user_id).await?;
    if unit.address_changes().find(id).await?.is_none_or(|change| change.is_shown(mailbox)) {
        return Ok(None);
    }
    let token = AddressToken(deps.secrets.next());
    unit.address_changes().issue(id, mailbox, &token.0.hash()).await?;
    unit.commit().await?;
    Ok(Some(match (mailbox, change.is_verification()) {
        (Mailbox::Next, true) => mail::verify_address(address, &token, change.expires_at),
        (Mailbox::Next, false) => mail::confirm_next_address(address, &token, change.expires_at),
        (Mailbox::Present, _) => mail::confirm_present_address(address, &change.to, &token, change.expires_at),
    }))
}
