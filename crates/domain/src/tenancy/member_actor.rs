use std::ops::Deref;

use time::OffsetDateTime;

use super::actor::Actor;
use super::scope::TenantScope;
use super::snapshot::Snapshot;
use crate::idempotency::Errand;
use crate::identity::{SessionId, UserId};

/// An actor who is a signed-in member: a person with a session.
///
/// What only a person does asks for this and not for an [`Actor`]: to see, switch and end sessions, to invite, to look after
/// service accounts. No service account has one, whatever its roles hold. Made only by
/// [`authenticate`](super::authenticate()).
#[derive(Debug, Clone)]
pub struct MemberActor {
    actor: Actor,
    user_id: UserId,
    session: OwnSession,
}

/// The session of a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnSession {
    pub(super) id: SessionId,
    pub(super) expires_at: OffsetDateTime,
}

impl MemberActor {
    pub(super) fn new(actor: Actor, user_id: UserId, session: OwnSession) -> Self {
        Self { actor, user_id, session }
    }

    /// The same, in the moment in which the access was read.
    pub(super) fn within(self, snapshot: Snapshot) -> Self {
        Self { actor: self.actor.within(snapshot), ..self }
    }

    /// The same, who asks for something that is done once.
    pub(super) fn doing(self, errand: Errand) -> Self {
        Self { actor: self.actor.doing(errand), ..self }
    }

    /// The person.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The session.
    pub fn session_id(&self) -> SessionId {
        self.session.id
    }

    /// Until when the session lives.
    pub fn session_expires_at(&self) -> OffsetDateTime {
        self.session.expires_at
    }

    /// A scope for what a person does with their own session: see who they are, switch, sign out. It needs no permission,
    /// reaches no store, and works in a suspended tenant too.
    pub(crate) fn own_scope<A>(&self) -> TenantScope<A> {
        self.actor.bare_scope()
    }
}

impl Deref for MemberActor {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.actor
    }
}
