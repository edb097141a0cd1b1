// A query that SeaORM builds has nothing here to be executed on: a transaction is no connection.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Transaction, Writing};
use cotenant_escapes::store;
use sea_orm::EntityTrait;

fn all(transaction: &Transaction<Tenant, Writing>) {
    let _ = store::Entity::find().all(transaction);
}

fn main() {}
