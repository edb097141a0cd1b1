// A program makes no keys, whatever its roles hold.
use cotenant_domain::Deps;
use cotenant_domain::services::{CreateKey, ServiceAccountId, create_key};
use cotenant_domain::tenancy::ServiceActor;

async fn mint(service: &ServiceActor, deps: &Deps, account: ServiceAccountId, key: CreateKey) {
    let _minted = create_key(service, deps, account, key).await;
}

fn main() {}
