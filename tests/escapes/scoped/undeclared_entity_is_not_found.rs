// A table without a declaration is reached by nobody.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Reading, Transaction};

mod note {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn find(transaction: &Transaction<Tenant, Reading>) {
    let _ = transaction.find::<note::Entity>();
}

fn main() {}
