// The statement under a find is not handed out, so nothing can be added to it.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Find, Reading};
use cotenant_escapes::store;
use sea_orm::QueryTrait;

fn take(find: Find<'_, store::Entity, Tenant, Reading>) {
    let _ = find.into_query();
}

fn look(find: Find<'_, store::Entity, Tenant, Reading>) {
    let _ = find.select;
}

fn main() {}
