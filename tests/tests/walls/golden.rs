//! The golden list against the live schema.

use std::collections::BTreeSet;

use cotenant_infrastructure::{WALLS, tables};
use cotenant_scoped::WallRule;
use cotenant_tests::{FreshDatabase, on_both_databases};

use crate::raw::{ROWS, Raw};

on_both_databases! {
    every_table_and_view_is_declared_and_nothing_else_is_there;
    every_base_table_has_its_wall_against_foreign_writes;
    every_declaration_names_the_columns_of_its_wall;
}

/// The migrations' own table; no door leads to it, which another test checks.
const MIGRATIONS: &str = "seaql_migrations";

/// The base tables of the live schema, or its views.
pub async fn live(raw: &mut Raw, views: bool) -> BTreeSet<String> {
    let sql = match raw {
        Raw::Postgres(_) => {
            let kind = if views { "'v'" } else { "'r'" };
            format!(
                "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = {kind}"
            )
        }
        Raw::Sqlite(_) => {
            let kind = if views { "view" } else { "table" };
            format!("SELECT name FROM sqlite_master WHERE type = '{kind}' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
        }
    };
    let mut names: BTreeSet<String> = raw.texts(&sql).await.unwrap().into_iter().collect();
    assert_eq!(names.remove(MIGRATIONS), !views, "the migrations' table is where it was");
    names
}

/// The columns of a table or view.
async fn columns(raw: &mut Raw, table: &str) -> BTreeSet<String> {
    let sql = match raw {
        Raw::Postgres(_) => {
            format!("SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'")
        }
        Raw::Sqlite(_) => format!("SELECT name FROM pragma_table_info('{table}')"),
    };
    raw.texts(&sql).await.unwrap().into_iter().collect()
}

/// The platform's tables whose rows are about tenants: these see them and do not own them.
const ABOUT_TENANTS: [&str; 1] = ["support_grants"];

/// The tables that tenants own, which is those with a column for it.
pub async fn tenant_tables(raw: &mut Raw) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    for table in live(raw, false).await {
        if columns(raw, &table).await.contains("tenant_id") && !ABOUT_TENANTS.contains(&table.as_str()) {
            tables.insert(table);
        }
    }
    tables
}

fn snake(variant: &str) -> String {
    let words =
        variant.chars().map(|c| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() });
    words.collect::<String>().trim_start_matches('_').to_owned()
}

/// Other things that hold data or run with rights: none is expected, so each fails until somebody thinks about it.
async fn oddities(raw: &mut Raw) -> Vec<String> {
    let sql = match raw {
        Raw::Postgres(_) => {
            "SELECT relkind::text || ' ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace \
               AND relkind NOT IN ('r', 'v', 'i') \
             UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace \
               AND proname <> 'support_grants_end_stays' \
             UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal \
               AND tgname <> 'support_grants_end_stays' \
             UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid >= 16384 \
             UNION ALL SELECT 'schema ' || nspname FROM pg_namespace \
               WHERE nspname NOT IN ('public', 'information_schema') AND nspname NOT LIKE 'pg\\_%'"
        }
        Raw::Sqlite(_) => {
            "SELECT type || ' ' || name FROM sqlite_master WHERE type NOT IN ('table', 'view', 'index') \
             AND name NOT IN ('audit_events_no_UPDATE', 'audit_events_no_DELETE', 'platform_audit_events_no_UPDATE', \
             'platform_audit_events_no_DELETE', 'support_grants_end_stays')"
        }
    };
    raw.texts(sql).await.unwrap()
}

// Attacks: 17.
async fn every_table_and_view_is_declared_and_nothing_else_is_there(database: FreshDatabase) {
    let mut raw = Raw::open(&database).await;
    let declared: BTreeSet<String> = tables().iter().map(|table| table.name.to_owned()).collect();
    let live = &live(&mut raw, false).await | &live(&mut raw, true).await;
    assert_eq!(live, declared, "left: the live schema; right: the golden list");
    assert_eq!(oddities(&mut raw).await, Vec::<String>::new());
    // The test can fail: a table that nobody declared, and a thing that is neither table nor view.
    raw.execute("CREATE TABLE smuggled (id integer PRIMARY KEY)").await.unwrap();
    assert!(self::live(&mut raw, false).await.contains("smuggled"));
    let odd = match raw {
        Raw::Postgres(_) => "CREATE MATERIALIZED VIEW odd AS SELECT 1 AS one",
        Raw::Sqlite(_) => "CREATE TRIGGER odd AFTER INSERT ON stores BEGIN SELECT 1; END",
    };
    raw.execute(odd).await.unwrap();
    assert_eq!(oddities(&mut raw).await.len(), 1);
}

async fn every_base_table_has_its_wall_against_foreign_writes(database: FreshDatabase) {
    let mut raw = Raw::open(&database).await;
    let walled: BTreeSet<String> = WALLS.iter().map(|wall| wall.table.to_owned()).collect();
    assert_eq!(WALLS.len(), walled.len(), "one wall a table");
    assert_eq!(live(&mut raw, false).await, walled);
    let owned = tenant_tables(&mut raw).await;
    assert_eq!(
        ROWS.iter().map(|(table, _)| (*table).to_owned()).collect::<BTreeSet<_>>(),
        owned,
        "these tests know them all"
    );
    for wall in WALLS {
        let columns = columns(&mut raw, wall.table).await;
        let kinds: Vec<&str> = tables().iter().filter(|t| t.name == wall.table).map(|t| t.kind).collect();
        let fits = match wall.rule {
            WallRule::Tenant(column) => owned.contains(wall.table) && column == "tenant_id",
            WallRule::TenantOrDispatcher { tenant, stays } => {
                (wall.table, tenant, stays) == ("jobs", "tenant_id", ("status", "queued"))
            }
            WallRule::TenantOrPerson { tenant, person, ends, kept } => {
                let all: BTreeSet<String> = kept.iter().copied().chain([ends]).map(str::to_owned).collect();
                (wall.table, tenant, person, ends) == ("sessions", "tenant_id", "user_id", "ended_at") && columns == all
            }
            WallRule::PlatformOrOwn(column) => wall.table == "tenants" && column == "id",
            WallRule::PlatformOrPartOfOwn { tenant, kept } => {
                let open = ["ended_at", "ended_by_kind", "ended_by_id", "last_used_at", "last_used_address"];
                let all: BTreeSet<String> = kept.iter().copied().chain(open).map(str::to_owned).collect();
                ABOUT_TENANTS.contains(&wall.table) && tenant == "tenant_id" && columns == all
            }
            WallRule::Person => kinds == ["PersonTable"],
            WallRule::Platform => kinds == ["PlatformTable"],
            WallRule::PlatformOrDispatcher { stays } => {
                kinds == ["DispatchTable", "PlatformTable"] && stays == ("status", "queued")
            }
        };
        assert!(fits, "{wall:?} {kinds:?}");
    }
}

async fn every_declaration_names_the_columns_of_its_wall(database: FreshDatabase) {
    let mut raw = Raw::open(&database).await;
    let views = live(&mut raw, true).await;
    for table in tables() {
        let columns = columns(&mut raw, table.name).await;
        let tenant = table.tenant.map(snake);
        match table.kind {
            // The platform's table, of which the tenant sees its own row.
            "TenantTable" if table.name == "tenants" => assert_eq!(tenant.as_deref(), Some("id")),
            "TenantTable" | "StoreTable" => assert_eq!(tenant.as_deref(), Some("tenant_id"), "{table:?}"),
            // No wall of the wrapper's: these must be tables that no tenant owns, or the narrow doors.
            "PlatformTable" if ABOUT_TENANTS.contains(&table.name) => assert!(columns.contains("tenant_id")),
            "PersonTable" | "PlatformTable" => assert!(!columns.contains("tenant_id"), "{table:?}"),
            "OwnTable" => assert!(["person_memberships", "sessions"].contains(&table.name), "{table:?}"),
            "DispatchTable" => assert!(["jobs", "platform_jobs", "tenants"].contains(&table.name), "{table:?}"),
            kind => panic!("unknown kind {kind}"),
        }
        if columns.contains("store_id") && !views.contains(table.name) {
            assert_eq!((table.kind, table.store.map(snake).as_deref()), ("StoreTable", Some("store_id")), "{table:?}");
        }
    }
}
