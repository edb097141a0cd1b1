// No other door opens to what a tenant owns.
use cotenant_scoped::door::{Dispatcher, Person, Platform};
use cotenant_scoped::{Transaction, Writing};
use cotenant_escapes::user_role;

fn platform(transaction: &Transaction<Platform, Writing>) {
    let _ = transaction.find::<user_role::Entity>();
}

fn person(transaction: &Transaction<Person, Writing>) {
    let _ = transaction.update::<user_role::Entity>();
}

fn dispatcher(transaction: &Transaction<Dispatcher, Writing>) {
    let _ = transaction.find::<user_role::Entity>();
}

fn main() {}
