// An entity is declared once: there is no second, laxer wall.
use cotenant_scoped::table::{PlatformTable, TenantTable};
use cotenant_scoped::{Guard, Guarded};

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

impl Guarded for note::Entity {
    type Kind = TenantTable;
    const GUARD: Guard<note::Column> = Guard::open().tenant(note::Column::TenantId);
}

impl Guarded for note::Entity {
    type Kind = PlatformTable;
    const GUARD: Guard<note::Column> = Guard::open();
}

fn main() {}
