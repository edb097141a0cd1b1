use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_memberships")]
pub struct Model {
    pub user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    pub status: String,
    pub epoch: i64,
    pub slug: String,
    pub name: String,
    pub tenant_status: String,
    pub tenant_expires_at: Option<TimeDateTimeWithTimeZone>,
    pub tenant_epoch: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
