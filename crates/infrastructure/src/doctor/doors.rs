//! The roles that stand at the doors, and the one that the server logs in as.

use sea_orm::{ConnectionTrait, DbErr};

use super::postgres::YES;
use super::{Check, Finding, Golden, Rule, rows};

const POWERLESS: Rule = Rule {
    name: "door_roles",
    about: "the doors' four roles are there and can do nothing but stand there: no login, no power, no other role",
    mend: "make them as migration/src/m20261123_000100_doors.rs does; ALTER ROLE or REVOKE takes away what is too much",
};
const OWN_NOTHING: Rule = Rule {
    name: "door_roles_own_nothing",
    about: "the doors' roles own nothing and can make nothing",
    mend: "ALTER ... OWNER TO the owner of the database; REVOKE CREATE ON SCHEMA public",
};
const LOGIN_ROLE: Rule = Rule {
    name: "login_role",
    about: "the server logs in as a role that row-level security binds",
    mend: "log in as a role of its own, neither SUPERUSER nor BYPASSRLS: see PostgreSQL in README.md",
};

/// The roles, one for each door.
pub(super) const ROLES: [&str; 4] = ["cotenant_tenant", "cotenant_person", "cotenant_platform", "cotenant_dispatcher"];

/// Every role of the four, with each power that it should not have; one without has a row without a power.
fn powers() -> String {
    let powers = [
        ("rolcanlogin", "can log in"),
        ("rolsuper", "is a superuser"),
        ("rolbypassrls", "is not bound by row-level security"),
        ("rolcreaterole", "can make roles"),
        ("rolcreatedb", "can make databases"),
        ("rolreplication", "can replicate"),
        ("rolinherit", "inherits rights"),
    ];
    let rows: Vec<String> = powers.iter().map(|(column, power)| format!("({column}, '{power}')")).collect();
    format!(
        "SELECT r.rolname::text, p.power FROM pg_roles r \
         LEFT JOIN LATERAL (SELECT power FROM (VALUES {}) v (has, power) WHERE has) p ON true \
         WHERE r.rolname IN ({}) ORDER BY 1, 2",
        rows.join(", "),
        roles()
    )
}

/// The roles as a list for `IN`.
pub(super) fn roles() -> String {
    ROLES.map(|role| format!("'{role}'")).join(", ")
}

pub(super) async fn check(connection: &impl ConnectionTrait, golden: &Golden) -> Result<Vec<Check>, DbErr> {
    let login_role = LOGIN_ROLE.found(login_role(connection).await?);
    Ok(vec![
        POWERLESS.found(powerless(connection).await?),
        OWN_NOTHING.found(own_nothing(connection).await?),
        if golden.production { login_role } else { login_role.as_warning() },
    ])
}

async fn powerless(connection: &impl ConnectionTrait) -> Result<Vec<Finding>, DbErr> {
    let there = rows::<2>(connection, &powers()).await?;
    let missing = ROLES.iter().filter(|role| there.iter().all(|[name, _]| name != *role));
    let mut findings: Vec<Finding> = missing.map(|role| Finding::new(*role, "is not there")).collect();
    let able = there.into_iter().filter(|[_, power]| !power.is_empty());
    findings.extend(able.map(|[name, power]| Finding::new(name, power)));
    let member = format!(
        "SELECT m.rolname::text, g.rolname::text FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member \
         JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname IN ({}) ORDER BY 1, 2",
        roles()
    );
    let member = rows::<2>(connection, &member).await?.into_iter();
    findings.extend(member.map(|[name, other]| Finding::new(name, format!("can act as {other}"))));
    Ok(findings)
}

async fn own_nothing(connection: &impl ConnectionTrait) -> Result<Vec<Finding>, DbErr> {
    let owned = format!(
        "SELECT r.rolname::text, pg_describe_object(d.classid, d.objid, d.objsubid) \
         FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid \
         WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND r.rolname IN ({}) \
           AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) ORDER BY 1, 2",
        roles()
    );
    let owned = rows::<2>(connection, &owned).await?.into_iter();
    let mut findings: Vec<Finding> = owned.map(|[role, what]| Finding::new(role, format!("owns the {what}"))).collect();
    let create = format!(
        "SELECT rolname::text, has_schema_privilege(oid, 'public', 'CREATE')::text, \
         has_database_privilege(oid, current_database(), 'CREATE')::text \
         FROM pg_roles WHERE rolname IN ({}) AND NOT rolsuper ORDER BY 1",
        roles()
    );
    for [role, tables, schemas] in rows(connection, &create).await? {
        for (_, what) in
            [(tables, "tables in the schema public"), (schemas, "schemas")].iter().filter(|(may, _)| may == YES)
        {
            findings.push(Finding::new(role.as_str(), format!("can make {what}")));
        }
    }
    Ok(findings)
}

async fn login_role(connection: &impl ConnectionTrait) -> Result<Vec<Finding>, DbErr> {
    let sql = "SELECT rolname::text, rolsuper::text, rolbypassrls::text FROM pg_roles WHERE rolname = session_user";
    let mut findings = Vec::new();
    for [role, superuser, bypasses] in rows(connection, sql).await? {
        if superuser == YES {
            findings.push(Finding::new(role, "is a superuser"));
        } else if bypasses == YES {
            findings.push(Finding::new(role, "is not bound by row-level security (BYPASSRLS)"));
        }
    }
    Ok(findings)
}
