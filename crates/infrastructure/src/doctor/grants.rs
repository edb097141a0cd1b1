//! Who may do what with which table: exactly what is listed here.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr};

use super::catalogue::{Catalogue, list};
use super::doors::ROLES;
use super::postgres::YES;
use super::{Check, Finding, Golden, Rule, rows};

const GRANTS: Rule = Rule {
    name: "grants",
    about: "each door's role has the rights that it uses, and nobody else but the owner has any",
    mend: "REVOKE what is too much; a feature that uses other rights enters them in \
           crates/infrastructure/src/doctor/grants.rs",
};

/// What a door may do with tables of its own kind, unless [`TABLES`] says otherwise.
const USUAL: &str = "SELECT, INSERT, UPDATE";

/// Tables with another set of rights, in every case for the door that they belong to.
const TABLES: &[(&str, &str)] = &[
    // Logs, and what happens once, are never changed.
    ("audit_events", "SELECT, INSERT"),
    ("platform_audit_events", "SELECT, INSERT"),
    ("bootstrap", "SELECT, INSERT"),
    // What is taken away for good when it ends.
    ("user_roles", "SELECT, INSERT, DELETE"),
    ("user_store_roles", "SELECT, INSERT, DELETE"),
    ("service_roles", "SELECT, INSERT, DELETE"),
    ("service_store_roles", "SELECT, INSERT, DELETE"),
    ("operators", "SELECT, INSERT, DELETE"),
    ("address_changes", "SELECT, INSERT, UPDATE, DELETE"),
    ("password_resets", "SELECT, INSERT, UPDATE, DELETE"),
];

/// Rights of a door at tables that another owns: table, door, right, and at which columns, where not at whole rows.
const COLUMNS: &[(&str, &str, &str, &str)] = &[
    ("tenants", "tenant", "UPDATE", "slug,slug_key,name,name_key,locale,access_version,updated_at,version"),
    ("tenants", "dispatcher", "SELECT", "id,status,expires_at"),
    ("tenants", "person", "SELECT", "id,slug,name,status,expires_at,epoch,deleted_at"),
    ("support_grants", "tenant", "UPDATE", "ended_at,ended_by_kind,ended_by_id,last_used_at,last_used_address"),
    ("tenant_users", "person", "SELECT", "tenant_id,user_id,status,epoch"),
    ("sessions", "person", "SELECT", "tenant_id,id,user_id,ended_at"),
    ("sessions", "person", "UPDATE", "ended_at"),
    ("users", "platform", "SELECT", "id,email,display_name,epoch"),
    ("users", "tenant", "SELECT", "id,email,email_key,email_verified_at,display_name,display_name_key"),
    ("jobs", "dispatcher", "SELECT", "tenant_id,id,status,run_at,leased_until,lease,attempts,priority,finished_at"),
    ("jobs", "dispatcher", "DELETE", ""),
    ("jobs", "dispatcher", "UPDATE", "leased_until,lease,attempts"),
    ("platform_jobs", "dispatcher", "SELECT", "id,status,run_at,leased_until,lease,attempts,priority,finished_at"),
    ("platform_jobs", "dispatcher", "DELETE", ""),
    ("platform_jobs", "dispatcher", "UPDATE", "leased_until,lease,attempts"),
];

/// Every right that is not the owner's, on a relation or one of its columns.
const RIGHTS: &str = "SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END, \
    x.privilege_type, c.relname::text, x.attname, x.is_grantable::text \
    FROM pg_class c CROSS JOIN LATERAL ( \
      SELECT r.*, NULL AS attname FROM aclexplode(c.relacl) r UNION ALL \
      SELECT e.*, a.attname::text FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) e \
      WHERE a.attrelid = c.oid AND NOT a.attisdropped) x \
    WHERE c.relnamespace = 'public'::regnamespace AND x.grantee <> c.relowner \
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
                      AND d.deptype = 'e') \
    ORDER BY 3, 1, 2, 4";

/// A right: role, privilege, relation, and a column where it is for that alone.
type Right = [String; 4];

pub(super) async fn check(
    connection: &impl ConnectionTrait,
    catalogue: &Catalogue,
    golden: &Golden,
) -> Result<Vec<Check>, DbErr> {
    let expected = expected(catalogue, golden);
    let (mut there, mut findings) = (BTreeSet::new(), Vec::new());
    for [role, privilege, relation, column, grantable] in rows(connection, RIGHTS).await? {
        let right = [role, privilege, relation, column];
        if !expected.contains(&right) {
            findings.push(Finding::new(place(&right), format!("{} may {}", right[0], right[1])));
        } else if grantable == YES {
            findings.push(Finding::new(place(&right), format!("{} may give {} to others", right[0], right[1])));
        }
        there.insert(right);
    }
    let lacking = expected.difference(&there);
    findings.extend(lacking.map(|right| Finding::new(place(right), format!("{} may not {}", right[0], right[1]))));
    Ok(vec![GRANTS.found(findings)])
}

fn place([_, _, relation, column]: &Right) -> String {
    if column.is_empty() { relation.clone() } else { format!("{relation}.{column}") }
}

/// The rights on every relation that is there and declared.
fn expected(catalogue: &Catalogue, golden: &Golden) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    let mut add = |door: &str, privileges: &str, relation: &str, columns: &str| {
        let columns = if columns.is_empty() { vec![String::new()] } else { list(columns) };
        for (privilege, column) in
            privileges.split(", ").flat_map(|privilege| columns.iter().map(move |c| (privilege, c)))
        {
            rights.insert([format!("cotenant_{door}"), privilege.to_owned(), relation.to_owned(), column.clone()]);
        }
    };
    for (name, relation) in &catalogue.relations {
        // Whose owner is a door's role, another rule has found; its rights say nothing.
        if ROLES.contains(&relation.owner.as_str()) {
            continue;
        }
        let usual = TABLES.iter().find(|(table, _)| table == name).map_or(USUAL, |(_, rights)| rights);
        let usual = if relation.view { "SELECT" } else { usual };
        let doors = [
            ("tenant", golden.owned(name).is_some()),
            ("platform", golden.is(name, "PlatformTable")),
            ("person", golden.is(name, "PersonTable") || (relation.view && golden.is(name, "OwnTable"))),
        ];
        for (door, _) in doors.iter().filter(|(_, opens)| *opens) {
            add(door, usual, name, "");
        }
        // Of the platform's tables about tenants each sees its own rows.
        if golden.root(name).is_some() {
            add("tenant", "SELECT", name, "");
        }
        for (table, door, privilege, columns) in COLUMNS.iter().filter(|(table, ..)| table == name) {
            add(door, privilege, table, columns);
        }
    }
    rights
}
