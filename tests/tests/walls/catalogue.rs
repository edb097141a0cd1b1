//! What PostgreSQL's own catalogue says about the walls.

use cotenant_tests::{FreshDatabase, Kind};

use crate::golden::{live, tenant_tables};
use crate::raw::Raw;

/// Roles of the product's, as a list for `IN`.
const ROLES: &str = "'cotenant_tenant', 'cotenant_person', 'cotenant_platform', 'cotenant_dispatcher'";

async fn open() -> Option<(FreshDatabase, Raw)> {
    let database = FreshDatabase::new(Kind::Postgres).await?;
    let raw = Raw::open(&database).await;
    Some((database, raw))
}

/// The tables that tenants own, as a list for `IN`.
async fn owned(raw: &mut Raw) -> String {
    let tables: Vec<String> = tenant_tables(raw).await.into_iter().map(|table| format!("'{table}'")).collect();
    assert!(tables.len() >= 11, "{tables:?}");
    tables.join(", ")
}

/// Expects a query for offenders to find none; `planted` makes one, which it must then find.
async fn none(raw: &mut Raw, offenders: &str, planted: &str) {
    assert_eq!(raw.texts(offenders).await.unwrap(), Vec::<String>::new());
    raw.execute(&format!("BEGIN; {planted}")).await.unwrap();
    let found = raw.texts(offenders).await.unwrap();
    raw.execute("ROLLBACK").await.unwrap();
    assert_eq!(found.len(), 1, "{planted} must be found by {offenders}: {found:?}");
}

#[tokio::test]
async fn every_row_of_a_tenant_names_it() {
    let Some((_database, mut raw)) = open().await else { return };
    let owned = owned(&mut raw).await;
    none(
        &mut raw,
        &format!(
            "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public' \
             AND table_name IN ({owned}) AND column_name = 'tenant_id' AND (is_nullable = 'YES' OR data_type <> 'uuid')"
        ),
        "ALTER TABLE audit_heads DROP CONSTRAINT audit_heads_tenant_id_unique; \
         ALTER TABLE audit_heads ALTER tenant_id DROP NOT NULL",
    )
    .await;
}

#[tokio::test]
async fn every_unique_rule_of_a_tenants_table_is_the_tenants() {
    let Some((_database, mut raw)) = open().await else { return };
    let owned = owned(&mut raw).await;
    none(
        &mut raw,
        &format!(
            "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
             WHERE i.indisunique AND c.relname IN ({owned}) AND a.attname IS DISTINCT FROM 'tenant_id'"
        ),
        "CREATE UNIQUE INDEX sneaky ON stores (code_key)",
    )
    .await;
    let without = format!(
        "SELECT c.relname::text FROM pg_class c WHERE c.relname IN ({owned}) AND NOT EXISTS \
         (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)"
    );
    none(&mut raw, &without, "ALTER TABLE audit_heads DROP CONSTRAINT audit_heads_tenant_id_unique").await;
}

#[tokio::test]
async fn every_foreign_key_between_tenants_tables_carries_the_tenant() {
    let Some((_database, mut raw)) = open().await else { return };
    let owned = owned(&mut raw).await;
    // Beside them there are two that leave: to the tenant itself, by tenant_id, and from a membership to its person.
    let offenders = format!(
        "WITH keys AS (SELECT f.conname, f.confdeltype, f.confupdtype, c.relname AS child, p.relname AS parent, \
           array_length(f.conkey, 1) AS width, \
           (SELECT attname FROM pg_attribute WHERE attrelid = f.conrelid AND attnum = f.conkey[1]) AS child_column, \
           (SELECT attname FROM pg_attribute WHERE attrelid = f.confrelid AND attnum = f.confkey[1]) AS parent_column \
           FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid \
           WHERE f.contype = 'f' AND (c.relname IN ({owned}) OR p.relname IN ({owned}))) \
         SELECT conname::text FROM keys WHERE confdeltype <> 'a' OR confupdtype <> 'a' OR NOT CASE \
           WHEN parent = 'tenants' THEN child_column = 'tenant_id' AND width = 1 \
           WHEN parent = 'users' THEN child = 'tenant_users' AND child_column = 'user_id' \
           ELSE child_column = 'tenant_id' AND parent_column = 'tenant_id' AND width = 2 END"
    );
    let uncomposed = "CREATE UNIQUE INDEX ids ON stores (id); \
                      ALTER TABLE products ADD CONSTRAINT sneaky FOREIGN KEY (store_id) REFERENCES stores (id)";
    none(&mut raw, &offenders, uncomposed).await;
    let cascading = "ALTER TABLE products ADD CONSTRAINT sneaky FOREIGN KEY (tenant_id, store_id) \
                     REFERENCES stores (tenant_id, id) ON DELETE CASCADE";
    none(&mut raw, &offenders, cascading).await;
    let count = format!(
        "SELECT count(*)::text FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid \
         WHERE f.contype = 'f' AND p.relname IN ({owned})"
    );
    assert_eq!(raw.texts(&count).await.unwrap(), ["7"], "keys between tenants' tables; sneaky ones would be uncounted");
}

#[tokio::test]
async fn row_level_security_is_on_and_binds_the_owner_everywhere() {
    let Some((_database, mut raw)) = open().await else { return };
    let offenders = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' \
                     AND relname <> 'seaql_migrations' AND NOT (relrowsecurity AND relforcerowsecurity)";
    none(&mut raw, offenders, "ALTER TABLE stores NO FORCE ROW LEVEL SECURITY").await;
    none(&mut raw, offenders, "ALTER TABLE users DISABLE ROW LEVEL SECURITY").await;
}

#[tokio::test]
async fn each_tenants_table_has_one_policy_that_compares_the_tenant() {
    let Some((_database, mut raw)) = open().await else { return };
    let owned = owned(&mut raw).await;
    let own = "(tenant_id = (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))::uuid)";
    let without = format!(
        "SELECT t::text FROM unnest(ARRAY[{owned}]) t WHERE NOT EXISTS (SELECT FROM pg_policies p \
         WHERE p.tablename = t AND p.policyname = 'tenant_wall' AND p.roles = '{{cotenant_tenant}}' AND p.cmd = 'ALL' \
         AND p.permissive = 'PERMISSIVE' AND p.qual = '{own}' AND p.with_check = '{own}')"
    );
    none(&mut raw, &without, "ALTER POLICY tenant_wall ON stores USING (true)").await;
    none(&mut raw, &without, "ALTER POLICY tenant_wall ON stores WITH CHECK (true)").await;
    none(&mut raw, &without, "DROP POLICY tenant_wall ON jobs").await;
    // Two more, each for another door; permissive policies add up, so a further one would be a hole.
    let more = format!(
        "SELECT tablename || '.' || policyname FROM pg_policies WHERE tablename IN ({owned}) AND policyname <> 'tenant_wall' \
         AND (tablename, policyname, roles, cmd, qual, COALESCE(with_check, '')) NOT IN ( \
           ('jobs', 'dispatcher_wall', '{{cotenant_dispatcher}}', 'ALL', 'true', 'true'), \
           ('tenant_users', 'person_wall', '{{cotenant_person}}', 'SELECT', \
            '(user_id = (NULLIF(current_setting(''app.person_id''::text, true), ''''::text))::uuid)', ''))"
    );
    none(&mut raw, &more, "CREATE POLICY sneaky ON stores TO cotenant_tenant USING (true)").await;
    let everybody = "SELECT tablename || '.' || policyname FROM pg_policies WHERE 'public' = ANY (roles)";
    none(&mut raw, everybody, "CREATE POLICY sneaky ON users USING (true)").await;
}

#[tokio::test]
async fn the_doors_roles_can_do_nothing_but_stand_there() {
    let Some((_database, mut raw)) = open().await else { return };
    let able = format!(
        "SELECT rolname::text FROM pg_roles WHERE rolname IN ({ROLES}) AND (rolcanlogin OR rolbypassrls OR rolsuper \
         OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit)"
    );
    assert_eq!(raw.texts(&able).await.unwrap(), Vec::<String>::new());
    let there = format!("SELECT count(*)::text FROM pg_roles WHERE rolname IN ({ROLES})");
    assert_eq!(raw.texts(&there).await.unwrap(), ["4"]);
    let more = format!(
        "SELECT m.rolname || ' is ' || g.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member \
         JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname IN ({ROLES})"
    );
    assert_eq!(raw.texts(&more).await.unwrap(), Vec::<String>::new());
    let theirs = format!(
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'v') AND pg_get_userbyid(relowner) IN ({ROLES})"
    );
    none(&mut raw, &theirs, "ALTER TABLE stores OWNER TO cotenant_tenant").await;
    let create = format!("SELECT r FROM unnest(ARRAY[{ROLES}]) r WHERE has_schema_privilege(r, 'public', 'CREATE')");
    none(&mut raw, &create, "GRANT CREATE ON SCHEMA public TO cotenant_tenant").await;
}

/// Every right on a relation or one of its columns: grantee, relation, privilege.
const RIGHTS: &str = "WITH rights AS (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS \
    grantee, c.relname::text AS relation, x.privilege_type AS privilege, x.is_grantable \
    FROM pg_class c CROSS JOIN LATERAL ( \
      SELECT * FROM aclexplode(c.relacl) UNION ALL \
      SELECT e.* FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) e WHERE a.attrelid = c.oid) x \
    WHERE c.relnamespace = 'public'::regnamespace AND x.grantee <> c.relowner)";

#[tokio::test]
async fn no_door_has_a_right_that_it_does_not_need() {
    let Some((_database, mut raw)) = open().await else { return };
    let others = format!("{RIGHTS} SELECT grantee || ' ' || relation FROM rights WHERE grantee NOT IN ({ROLES})");
    none(&mut raw, &others, "GRANT SELECT ON stores TO PUBLIC").await;
    none(&mut raw, &others, "GRANT SELECT (payload) ON jobs TO PUBLIC").await;
    let strong = format!(
        "{RIGHTS} SELECT grantee || ' ' || privilege || ' ' || relation FROM rights \
         WHERE is_grantable OR privilege NOT IN ('SELECT', 'INSERT', 'UPDATE') AND (grantee, privilege, relation) NOT IN ( \
           ('cotenant_tenant', 'DELETE', 'user_roles'), ('cotenant_tenant', 'DELETE', 'user_store_roles'), \
           ('cotenant_platform', 'DELETE', 'operators'))"
    );
    none(&mut raw, &strong, "GRANT DELETE ON stores TO cotenant_tenant").await;
    none(&mut raw, &strong, "GRANT TRUNCATE ON stores TO cotenant_tenant").await;
    none(&mut raw, &strong, "GRANT DELETE ON audit_events TO cotenant_tenant").await;
    let rewritten = format!(
        "{RIGHTS} SELECT relation FROM rights WHERE relation IN ('audit_events', 'platform_audit_events') \
         AND privilege NOT IN ('SELECT', 'INSERT')"
    );
    none(&mut raw, &rewritten, "GRANT UPDATE (detail) ON audit_events TO cotenant_tenant").await;
    none(&mut raw, &rewritten, "GRANT UPDATE ON platform_audit_events TO cotenant_platform").await;
    let migrations = format!("{RIGHTS} SELECT grantee FROM rights WHERE relation = 'seaql_migrations'");
    none(&mut raw, &migrations, "GRANT SELECT ON seaql_migrations TO cotenant_tenant").await;
}

#[tokio::test]
async fn views_look_with_the_rights_of_who_asks() {
    let Some((_database, mut raw)) = open().await else { return };
    assert!(live(&mut raw, true).await.len() >= 5);
    let offenders = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' \
                     AND NOT COALESCE(reloptions @> '{security_invoker=true}', false)";
    none(&mut raw, offenders, "CREATE VIEW sneaky AS SELECT * FROM stores").await;
    none(&mut raw, offenders, "ALTER VIEW member_access SET (security_invoker = false)").await;
}
