// There is no raw SQL.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Transaction, Writing};
use sea_orm::ConnectionTrait;

async fn run(transaction: &Transaction<Tenant, Writing>) {
    let _ = transaction.execute_unprepared("SELECT 1").await;
}

fn main() {}
