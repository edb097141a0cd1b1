use super::{Message, minute};
use crate::shared::{DisplayName, EmailAddress, Name};
use crate::support::SupportGrant;

/// The message that tells an owner who was given access to their tenant, and why. It carries no secret.
pub(crate) fn support_granted(
    to: &EmailAddress,
    tenant: &Name,
    operator: &DisplayName,
    grant: &SupportGrant,
) -> Message {
    let text = format!(
        "{operator}, of the people who run this service, was given access to {tenant}, {what}, until {until}.\n\
         \n\
         The reason given: {reason}\n\
         \n\
         What is done is written into your audit log, each event under the id {id}.\n\
         To end the access at once: DELETE /api/v1/support-grants/{id}.\n",
        what = if grant.may_write { "to read and to write" } else { "to read" },
        until = minute(grant.expires_at),
        reason = grant.reason,
        id = grant.id,
    );
    Message { to: to.clone(), subject: format!("Support was given access to {tenant}"), text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::SecretBytes;
    use crate::support::SupportToken;
    use secrecy::ExposeSecret;
    use time::macros::datetime;
    use uuid::Uuid;

    #[test]
    fn it_tells_who_why_how_long_and_how_to_end_it_and_no_secret() {
        let token = SupportToken::new(Uuid::nil().into(), Uuid::from_u128(7).into(), SecretBytes::new([7; 32]));
        let mut grant = SupportGrant {
            id: token.id,
            tenant_id: token.tenant_id,
            operator_id: Uuid::from_u128(1).into(),
            reason: "Ticket 4711: totals differ".parse().unwrap(),
            may_write: false,
            hash: token.hash(),
            tenant_epoch: 1,
            created_at: datetime!(2026-03-04 02:03:00 UTC),
            expires_at: datetime!(2026-03-04 03:03:59 UTC),
            end: None,
            last_used_at: None,
            last_used_address: None,
        };
        let to = "asha@duka.example".parse().unwrap();
        let text = |grant: &SupportGrant| {
            let message = support_granted(&to, &"Duka".parse().unwrap(), &"Olu".parse().unwrap(), grant);
            message.text.expose_secret().to_owned()
        };
        let read = text(&grant);
        for part in ["Olu", "Duka, to read, until 2026-03-04 03:03 UTC", "Ticket 4711", &grant.id.to_string()] {
            assert!(read.contains(part), "{part}: {read}");
        }
        assert!(!read.contains(&SecretBytes::new([7; 32]).to_hex()));
        grant.may_write = true;
        assert!(text(&grant).contains("to read and to write"));
    }
}
