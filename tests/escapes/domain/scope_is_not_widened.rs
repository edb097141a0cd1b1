// A scope's stores can be narrowed and never widened.
use cotenant_domain::tenancy::{StoreSet, TenantScope, Write};

fn widen(mut scope: TenantScope<Write>) -> TenantScope<Write> {
    scope.stores = StoreSet::All;
    scope
}

fn main() {}
