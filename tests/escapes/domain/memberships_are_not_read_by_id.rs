// The one read that spans tenants takes the proof that the person asks, not the person's id.
use cotenant_domain::identity::UserId;
use cotenant_domain::uow::PersonUnit;

async fn look(unit: &dyn PersonUnit, somebody: UserId) {
    let _ = unit.people().memberships(somebody).await;
}

fn main() {}
