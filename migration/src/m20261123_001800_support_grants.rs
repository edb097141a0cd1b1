use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Operators' access to tenants, and the view in which a request is asked about its grant.
///
/// The rows are the platform's, as tenants are. A tenant sees its own; it ends them and notes their use, by the columns that it
/// may write, and can neither make one nor lengthen it. Which columns a role may write says nothing of when, so that a trigger
/// keeps an end that was made, at every door: no grant is revived.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both(
            "CREATE TABLE support_grants (
                tenant_id {uuid} NOT NULL REFERENCES tenants (id),
                id {uuid} NOT NULL CHECK (id <> {nil}),
                operator_id {uuid} NOT NULL REFERENCES users (id),
                reason text NOT NULL,
                may_write boolean NOT NULL,
                hash {bytes} NOT NULL,
                tenant_epoch bigint NOT NULL,
                created_at {instant} NOT NULL,
                expires_at {instant} NOT NULL,
                ended_at {instant},
                ended_by_kind text CHECK (ended_by_kind IN ('user', 'service_account', 'operator', 'system')),
                ended_by_id {uuid},
                last_used_at {instant},
                last_used_address text,
                CONSTRAINT support_grants_id_unique PRIMARY KEY (id),
                CHECK ((ended_at IS NULL) = (ended_by_kind IS NULL))
            )",
        )
        .await?;
        sql.both("CREATE INDEX support_grants_tenant ON support_grants (tenant_id, id)").await?;
        sql.both("CREATE INDEX support_grants_operator ON support_grants (operator_id) WHERE ended_at IS NULL").await?;
        sql.wall("support_grants").await?;
        sql.postgres(
            "CREATE POLICY platform_wall ON support_grants TO cotenant_platform USING (true) WITH CHECK (true)",
        )
        .await?;
        let own = "tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::uuid";
        sql.postgres(&format!(
            "CREATE POLICY tenant_wall ON support_grants TO cotenant_tenant USING ({own}) WITH CHECK ({own})"
        ))
        .await?;
        sql.postgres("GRANT SELECT, INSERT, UPDATE ON support_grants TO cotenant_platform").await?;
        sql.postgres("GRANT SELECT ON support_grants TO cotenant_tenant").await?;
        sql.postgres(
            "GRANT UPDATE (ended_at, ended_by_kind, ended_by_id, last_used_at, last_used_address) ON support_grants \
             TO cotenant_tenant",
        )
        .await?;
        keep_the_end(&sql).await?;
        let security = if sql.is_postgres() { "WITH (security_invoker = true)" } else { "" };
        sql.both(&format!(
            "CREATE VIEW support_access {security} AS
             SELECT g.tenant_id, g.id AS grant_id, g.operator_id, g.may_write, g.hash,
                    g.tenant_epoch AS granted_at_epoch, g.expires_at, g.ended_at,
                    t.status AS tenant_status, t.expires_at AS tenant_expires_at, t.epoch AS tenant_epoch,
                    t.access_version
             FROM support_grants g
             JOIN tenants t ON t.id = g.tenant_id AND t.deleted_at IS NULL"
        ))
        .await?;
        sql.postgres("GRANT SELECT ON support_access TO cotenant_tenant").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("DROP VIEW support_access").await?;
        sql.drop_tables(&["support_grants"]).await?;
        sql.postgres("DROP FUNCTION support_grants_end_stays").await
    }
}

/// Both refuse as the walls do: PostgreSQL with "insufficient privilege", SQLite in the words of its walls. The doctor knows
/// these texts.
async fn keep_the_end(sql: &Dialect<'_>) -> Result<(), DbErr> {
    sql.postgres(
        "CREATE FUNCTION support_grants_end_stays() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE insufficient_privilege USING MESSAGE = 'a support grant that has ended stays ended'; END $$",
    )
    .await?;
    sql.postgres(
        "CREATE TRIGGER support_grants_end_stays \
         BEFORE UPDATE OF ended_at, ended_by_kind, ended_by_id ON support_grants FOR EACH ROW \
         WHEN (OLD.ended_at IS NOT NULL AND (OLD.ended_at IS DISTINCT FROM NEW.ended_at \
               OR OLD.ended_by_kind IS DISTINCT FROM NEW.ended_by_kind \
               OR OLD.ended_by_id IS DISTINCT FROM NEW.ended_by_id)) \
         EXECUTE FUNCTION support_grants_end_stays()",
    )
    .await?;
    sql.sqlite(
        "CREATE TRIGGER support_grants_end_stays \
         BEFORE UPDATE OF ended_at, ended_by_kind, ended_by_id ON support_grants \
         WHEN OLD.ended_at IS NOT NULL AND (OLD.ended_at IS NOT NEW.ended_at \
              OR OLD.ended_by_kind IS NOT NEW.ended_by_kind OR OLD.ended_by_id IS NOT NEW.ended_by_id) \
         BEGIN SELECT RAISE(ABORT, 'outside the scope of this transaction'); END",
    )
    .await
}
