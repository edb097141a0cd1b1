use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "address_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub from_email: String,
    pub to_email: String,
    pub kept_session_id: Option<Uuid>,
    pub requested_at: TimeDateTimeWithTimeZone,
    pub expires_at: TimeDateTimeWithTimeZone,
    pub next_token_hash: Option<Vec<u8>>,
    pub next_confirmed_at: Option<TimeDateTimeWithTimeZone>,
    pub present_token_hash: Option<Vec<u8>>,
    pub present_confirmed_at: Option<TimeDateTimeWithTimeZone>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
