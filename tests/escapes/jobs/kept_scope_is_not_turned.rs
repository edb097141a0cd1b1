// An attempt does not give its scope away, to be kept or turned to another tenant.
use cotenant_domain::jobs::Attempt;
use cotenant_domain::tenants::TenantId;

fn turn(attempt: &mut Attempt<'_>, other: TenantId) {
    attempt.scope.tenant_id = other;
}

fn main() {}
