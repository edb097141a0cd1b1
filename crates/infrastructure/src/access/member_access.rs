use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member_access")]
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
    pub membership_status: String,
    pub membership_epoch: i64,
    pub person_epoch: i64,
    pub grants: Option<String>,
    pub store_grants: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
