// The wrapper, exported so that it can be opened, takes no scope that was earned: that is for the adapter to do.
use cotenant_domain::tenancy::{Read, TenantScope};
use cotenant_infrastructure::ScopedDatabase;
use cotenant_scoped as _;

async fn read(wrapper: &ScopedDatabase, scope: TenantScope<Read>) {
    let _ = wrapper.read(scope).await;
}

fn main() {}
