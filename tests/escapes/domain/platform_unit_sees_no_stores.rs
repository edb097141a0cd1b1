// A unit on the platform's records reaches nothing that a tenant owns.
use cotenant_domain::uow::PlatformUnit;

fn stores(unit: &dyn PlatformUnit) {
    let _ = unit.stores();
}

fn main() {}
