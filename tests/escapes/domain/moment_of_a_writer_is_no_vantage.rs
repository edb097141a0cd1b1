// Who writes keeps nothing and finds nothing kept: what they see may never come to be.
use cotenant_domain::tenancy::{TenantScope, Write};
use cotenant_domain::uow::WriteUnit;

fn of_a_scope(scope: &TenantScope<Write>) {
    let _ = scope.resume::<u8>();
}

fn of_a_unit(unit: &dyn WriteUnit) {
    let _ = unit.vantage();
}

fn main() {}
