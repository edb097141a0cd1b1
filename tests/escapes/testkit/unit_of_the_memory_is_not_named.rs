// The units of the memory have no names outside of it.
use cotenant_testkit::memory::unit::TenantWork;

fn main() {}
