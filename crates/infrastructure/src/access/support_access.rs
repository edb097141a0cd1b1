use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "support_access")]
pub struct Model {
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub grant_id: Uuid,
    pub operator_id: Uuid,
    pub may_write: bool,
    pub hash: Vec<u8>,
    pub granted_at_epoch: i64,
    pub expires_at: TimeDateTimeWithTimeZone,
    pub ended_at: Option<TimeDateTimeWithTimeZone>,
    pub tenant_status: String,
    pub tenant_expires_at: Option<TimeDateTimeWithTimeZone>,
    pub tenant_epoch: i64,
    pub access_version: i64,
    pub tenant_plan: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
