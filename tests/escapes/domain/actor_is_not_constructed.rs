// An actor comes from a verified token, read against the database.
use cotenant_domain::identity::{SessionId, UserId};
use cotenant_domain::tenancy::{Actor, Origin, Standing};
use cotenant_domain::tenants::TenantId;
use time::OffsetDateTime;

fn forge(user: UserId, tenant: TenantId, session: SessionId) -> Actor {
    let end = OffsetDateTime::UNIX_EPOCH;
    Actor::new(user, tenant, session, Standing::Active, end, &[], Origin::default())
}

fn main() {}
