// Support makes no keys, whatever its grant says: a key would outlive the grant.
use cotenant_domain::Deps;
use cotenant_domain::services::{CreateKey, ServiceAccountId, create_key};
use cotenant_domain::tenancy::SupportActor;

async fn mint(support: &SupportActor, deps: &Deps, account: ServiceAccountId, key: CreateKey) {
    let _minted = create_key(support, deps, account, key).await;
}

fn main() {}
