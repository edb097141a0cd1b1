//! Entities of the tests' own over the product's tables: the product's are private, as they should be.
#![expect(missing_docs, reason = "each is a table of the schema")]

use cotenant_scoped::table::{PersonTable, PlatformTable, StoreTable, TenantTable};
use cotenant_scoped::{Guard, Guarded, Revocable};

macro_rules! entity {
    ($module:ident $table:literal $kind:ident $guard:expr; { $($(#[$meta:meta])* $field:ident: $type:ty,)* }) => {
        pub mod $module {
            use super::*;
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$meta])* pub $field: $type,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}

            impl Guarded for Entity {
                type Kind = $kind;
                const GUARD: Guard<Column> = $guard;
            }
        }
    };
}

entity! { store "stores" StoreTable
    Guard::open().tenant(Column::TenantId).store(Column::Id).soft_delete(Column::DeletedAt, Column::DeletionId);
{
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    name: String,
    name_key: String,
    code: String,
    code_key: String,
    timezone: String,
    currency: String,
    is_active: bool,
    created_at: TimeDateTimeWithTimeZone,
    updated_at: TimeDateTimeWithTimeZone,
    version: i64,
    deleted_at: Option<TimeDateTimeWithTimeZone>,
    deletion_id: Option<Uuid>,
} }

entity! { product "products" StoreTable
    Guard::open().tenant(Column::TenantId).store(Column::StoreId)
        .soft_delete(Column::DeletedAt, Column::DeletionId).fixed(&[Column::Id]);
{
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    store_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    sku: String,
    sku_key: String,
    name: String,
    name_key: String,
    price_minor: i64,
    currency: String,
    stock: i64,
    created_at: TimeDateTimeWithTimeZone,
    updated_at: TimeDateTimeWithTimeZone,
    version: i64,
    deleted_at: Option<TimeDateTimeWithTimeZone>,
    deletion_id: Option<Uuid>,
} }

entity! { user_role "user_roles" TenantTable Guard::open().tenant(Column::TenantId); {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    role_id: Uuid,
    granted_at: TimeDateTimeWithTimeZone,
    granted_by: Option<Uuid>,
} }

impl Revocable for user_role::Entity {}

entity! { user "users" PersonTable Guard::open().fixed(&[Column::Id]); {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    email: String,
} }

entity! { operator "operators" PlatformTable Guard::open().fixed(&[Column::UserId]); {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: Uuid,
    created_at: TimeDateTimeWithTimeZone,
} }
