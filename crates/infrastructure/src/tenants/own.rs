use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub slug: String,
    pub slug_key: String,
    pub name: String,
    pub name_key: String,
    pub locale: Option<String>,
    pub plan: Option<String>,
    pub status: String,
    pub suspended_reason: Option<String>,
    pub expires_at: Option<TimeDateTimeWithTimeZone>,
    pub epoch: i64,
    pub access_version: i64,
    pub purge_at: Option<TimeDateTimeWithTimeZone>,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
    pub version: i64,
    pub deleted_at: Option<TimeDateTimeWithTimeZone>,
    pub deletion_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
