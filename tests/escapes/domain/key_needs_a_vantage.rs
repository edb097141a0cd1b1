// A key of a cache is made of where a unit looks from: not of an id, not of a text, not of a scope by itself.
use cotenant_domain::cache::{Entry, Key};
use cotenant_domain::tenancy::{Read, TenantScope};
use cotenant_domain::tenants::TenantId;

fn of_an_id<E: Entry<Of = ()>>(tenant: TenantId) -> Option<Key> {
    Key::of::<E>(&tenant, &())
}

fn of_a_text(text: String) -> Key {
    Key::from(text)
}

fn of_a_scope<E: Entry<Of = ()>>(scope: &TenantScope<Read>) -> Option<Key> {
    Key::of::<E>(scope, &())
}

fn main() {}
