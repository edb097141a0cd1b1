// A handler that keeps its scope keeps the right to its own job's tenant.
use std::sync::Mutex;

use cotenant_domain::jobs::JobScope;
use cotenant_domain::tenants::TenantId;

struct Hoarder {
    kept: Mutex<Option<JobScope>>,
}

impl Hoarder {
    fn turn(&self, other: TenantId) {
        if let Some(scope) = self.kept.lock().unwrap().as_mut() {
            scope.tenant_id = other;
        }
    }
}

fn main() {}
