// No conversion leads from the right to read to the right to write.
use cotenant_domain::tenancy::{Read, TenantScope, Write};

fn convert(scope: TenantScope<Read>) -> TenantScope<Write> {
    scope.into()
}

fn main() {}
