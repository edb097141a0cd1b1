// An actor comes from a verified token, read against the database.
use cotenant_domain::identity::{SessionId, UserId};
use cotenant_domain::tenancy::{Actor, Origin, Standing};
use cotenant_domain::tenants::TenantId;

fn forge(user: UserId, tenant: TenantId, session: SessionId) -> Actor {
    Actor::new(user, tenant, session, Standing::Active, &[], Origin::default())
}

fn main() {}
