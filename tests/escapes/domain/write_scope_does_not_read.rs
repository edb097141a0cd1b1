// Who may write somewhere may not read there by that alone.
use cotenant_domain::tenancy::{Read, TenantScope, Write};

fn read(scope: &TenantScope<Write>) -> TenantScope<Read> {
    scope.to_read()
}

fn main() {}
