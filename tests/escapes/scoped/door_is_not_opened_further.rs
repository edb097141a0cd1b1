// Which door opens to which tables is settled in the crate.
use cotenant_scoped::door::{Opens, Platform};
use cotenant_scoped::table::TenantTable;

impl Opens<TenantTable> for Platform {}

fn main() {}
