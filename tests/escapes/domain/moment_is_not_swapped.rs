// A scope stays in the moment in which its right was read.
use cotenant_domain::tenancy::{Snapshot, TenantScope, Write};

fn swap(scope: TenantScope<Write>, moment: Snapshot) -> TenantScope<Write> {
    scope.within(moment)
}

fn main() {}
