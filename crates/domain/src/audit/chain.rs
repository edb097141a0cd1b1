//! The hash chain of a tenant's log: what was recorded cannot be changed, taken out or put in between without breaking
//! every link after it.
//!
//! # What is hashed
//!
//! An event's hash is `SHA-256("cotenant audit event v1" || 0x00 || previous || document)`:
//!
//! - `previous` is the hash of the event before, 32 bytes. Of the first it is the tenant's [genesis](ChainHash::genesis):
//!   `SHA-256("cotenant audit chain v1" || 0x00 || the tenant's id, 16 bytes)`, so that the log of one tenant is none of
//!   another.
//! - `document` is the [canonical](super::canonical()) text, in UTF-8, of the event as a JSON object: `seq`, `id`, `at` (RFC
//!   3339, UTC, six digits after the point), `actor` (`kind`, `id`), `action`, `object` (`kind`, `id`), `detail`, and
//!   `origin` (`request_id`, `address`, `agent`); what there is not is `null`. Ids are UUIDs in lower case with hyphens.
//!
//! All of it survives storage: instants are in whole microseconds, texts are kept byte for byte, and the particulars are
//! canonical before they are stored and again after they are read, whatever the database made of their order.
//!
//! # What it does not do
//!
//! Who owns the database can write the whole log anew, and every link will fit. That is noticed only by a hash that was kept
//! elsewhere. Events that were recorded before there was a chain have no hash; the chain begins after them, at the genesis.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::canonical::{NotCanonical, canonical};
use super::model::AuditEvent;
use crate::shared::rfc3339;
use crate::tenants::TenantId;

const GENESIS: &[u8] = b"cotenant audit chain v1\0";
const EVENT: &[u8] = b"cotenant audit event v1\0";

/// A link of the chain. Written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainHash([u8; 32]);

/// Not a hash of the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 lower-case hexadecimal digits")]
pub struct InvalidHash;

impl ChainHash {
    /// The hash with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What stands before the first link of a tenant's chain.
    pub fn genesis(tenant: TenantId) -> Self {
        Self(Sha256::new().chain_update(GENESIS).chain_update(tenant.as_uuid().as_bytes()).finalize().into())
    }

    /// The link after this one, of an event's canonical document.
    #[must_use]
    pub fn next(&self, document: &str) -> Self {
        Self(Sha256::new().chain_update(EVENT).chain_update(self.0).chain_update(document).finalize().into())
    }

    /// The link of an event that is recorded after `previous`, or first of all.
    ///
    /// # Errors
    ///
    /// [`NotCanonical`] where the particulars hold a number that is not whole.
    pub fn link(tenant: TenantId, previous: Option<Self>, event: &AuditEvent) -> Result<Self, NotCanonical> {
        let previous = previous.unwrap_or_else(|| Self::genesis(tenant));
        Ok(previous.next(&canonical(&document(event))?))
    }
}

/// The last place of a tenant's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The place; 0 where nothing was recorded.
    pub seq: i64,
    /// The event's hash; none where it was recorded before there was a chain.
    pub hash: Option<ChainHash>,
}

/// An event as it is hashed and exported.
pub fn document(event: &AuditEvent) -> Value {
    json!({
        "seq": event.seq,
        "id": event.id,
        "at": rfc3339(event.at),
        "actor": { "kind": event.actor_kind.as_str(), "id": event.actor_id },
        "action": event.action,
        "object": { "kind": event.object_kind, "id": event.object_id },
        "detail": event.detail,
        "origin": {
            "request_id": event.origin.request_id, "address": event.origin.address, "agent": event.origin.agent
        },
    })
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ChainHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidHash);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = digit(pair[0])? * 16 + digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

fn digit(letter: u8) -> Result<u8, InvalidHash> {
    match letter {
        b'0'..=b'9' => Ok(letter - b'0'),
        b'a'..=b'f' => Ok(letter - b'a' + 10),
        _ => Err(InvalidHash),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::audit::ActorKind;
    use crate::shared::Id;
    use crate::tenancy::Origin;
    use time::macros::datetime;
    use uuid::Uuid;

    pub(in crate::audit) fn tenant() -> TenantId {
        Id::new(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8050))
    }

    pub(in crate::audit) fn event(seq: i64) -> AuditEvent {
        AuditEvent {
            seq,
            id: Uuid::from_u128(u128::try_from(seq).unwrap()),
            at: datetime!(2026-11-23 06:20:04.5 +3),
            actor_kind: ActorKind::System,
            actor_id: None,
            action: "store.opened".into(),
            object_kind: "store".into(),
            object_id: Uuid::from_u128(7),
            detail: json!({ "name": "Écurie", "code": "A" }),
            origin: Origin { request_id: None, address: Some("192.0.2.7".into()), agent: Some("=cmd()".into()) },
            hash: None,
        }
    }

    #[test]
    fn the_document_and_the_first_two_links_are_these_for_ever() {
        let text = canonical(&document(&event(1))).unwrap();
        assert_eq!(
            text,
            "{\"action\":\"store.opened\",\"actor\":{\"id\":null,\"kind\":\"system\"},\"at\":\"2026-11-23T03:20:04.500000Z\",\
             \"detail\":{\"code\":\"A\",\"name\":\"Écurie\"},\"id\":\"00000000-0000-0000-0000-000000000001\",\
             \"object\":{\"id\":\"00000000-0000-0000-0000-000000000007\",\"kind\":\"store\"},\
             \"origin\":{\"address\":\"192.0.2.7\",\"agent\":\"=cmd()\",\"request_id\":null},\"seq\":1}"
        );
        let first = ChainHash::link(tenant(), None, &event(1)).unwrap();
        let second = ChainHash::link(tenant(), Some(first), &event(2)).unwrap();
        assert_eq!(first.to_string(), "0e4585b505c28d4c8037c8220e0e62b5baf4f370a97dbb51fee12c7289d6d566");
        assert_eq!(second.to_string(), "feb8d96e8083c6890dbd5740ba78c6ad6d63aa17465f585fa548518828b0bb53");
    }

    #[test]
    fn another_tenant_another_predecessor_and_another_event_give_another_link() {
        let link = ChainHash::link(tenant(), None, &event(1)).unwrap();
        let other = Id::new(Uuid::from_u128(1));
        let louder = AuditEvent { action: "store.closed".into(), ..event(1) };
        for different in [
            ChainHash::link(other, None, &event(1)),
            ChainHash::link(tenant(), Some(link), &event(1)),
            ChainHash::link(tenant(), None, &louder),
        ] {
            assert_ne!(different.unwrap(), link);
        }
    }

    #[test]
    fn a_hash_is_read_as_it_is_written_and_no_other_way() {
        let hash = ChainHash::genesis(tenant());
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for wrong in [String::new(), "0".repeat(63), "0".repeat(65), "A".repeat(64), "é".repeat(32)] {
            assert_eq!(wrong.parse::<ChainHash>(), Err(InvalidHash), "{wrong}");
        }
    }
}
