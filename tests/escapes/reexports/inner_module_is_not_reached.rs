// Beside what a feature exports there is no path into it.
use cotenant_domain::tenancy::actor::EnteredTenant;

fn main() {}
