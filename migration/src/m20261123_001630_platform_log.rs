use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// The platform's audit log is read by what was done, by whom, to what and when. Refused sign-ins are most of it, so that
/// whoever looks for something else would read through all of them.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const READ_BY: [&str; 4] = ["action", "actor_id", "object_id", "at"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        for column in READ_BY {
            let index = format!("platform_audit_events_{column}");
            sql.both(&format!("CREATE INDEX {index} ON platform_audit_events ({column}, id)")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        for column in READ_BY {
            sql.both(&format!("DROP INDEX platform_audit_events_{column}")).await?;
        }
        Ok(())
    }
}
