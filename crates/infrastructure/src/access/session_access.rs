use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_access")]
pub struct Model {
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: Uuid,
    pub user_id: Uuid,
    pub session_expires_at: TimeDateTimeWithTimeZone,
    pub session_ended_at: Option<TimeDateTimeWithTimeZone>,
    pub tenant_status: String,
    pub tenant_expires_at: Option<TimeDateTimeWithTimeZone>,
    pub tenant_epoch: i64,
    pub access_version: i64,
    pub tenant_plan: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
