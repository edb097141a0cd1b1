//! What members and service accounts have in common as holders of roles.

use cotenant_domain::roles::GivenRole;
use cotenant_domain::shared::Id;
use time::OffsetDateTime;
use uuid::Uuid;

/// How many holders a statement names at most. Of more, everybody's grants are read: databases take so many values and no
/// more.
pub(crate) const NAMED: usize = 1_000;

/// A role as it was given.
pub(crate) fn given(role: Uuid, store: Option<Uuid>, at: OffsetDateTime, by: Option<Uuid>) -> GivenRole {
    GivenRole { role_id: Id::new(role), store_id: store.map(Id::new), at, by: by.map(Id::new) }
}
