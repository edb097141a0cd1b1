//! Who stands above the walls: whoever owns a table can switch its walls off, and whoever may take on a door's role can
//! choose the tenant.

use sea_orm::{ConnectionTrait, DbErr};

use super::catalogue::Catalogue;
use super::doors::{ROLES, roles};
use super::{Check, Finding, Rule, rows};

const TABLE_OWNERS: Rule = Rule {
    name: "table_owners",
    about: "every table and view is owned by the owner of the database or by the server's login, which migrates",
    mend: "ALTER TABLE ... OWNER TO the owner of the database: any other owner can switch row-level security off",
};
const DOOR_MEMBERS: Rule = Rule {
    name: "door_members",
    about: "nobody who can connect can take on a door's role but the server's login and the owner of the database",
    mend: "REVOKE the door's role FROM it: it could take on the role and choose any tenant",
};

pub(super) async fn check(connection: &impl ConnectionTrait, catalogue: &Catalogue) -> Result<Vec<Check>, DbErr> {
    Ok(vec![
        TABLE_OWNERS.found(table_owners(connection, catalogue).await?),
        DOOR_MEMBERS.found(door_members(connection).await?),
    ])
}

async fn table_owners(connection: &impl ConnectionTrait, catalogue: &Catalogue) -> Result<Vec<Finding>, DbErr> {
    let rightful = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database() \
        UNION SELECT session_user::text";
    let rightful: Vec<String> = rows(connection, rightful).await?.into_iter().map(|[role]| role).collect();
    // That a door's role owns nothing is a rule of its own.
    let foreign = |owner: &String| !rightful.contains(owner) && !ROLES.contains(&owner.as_str());
    let owned = catalogue.relations.iter().filter(|(_, relation)| foreign(&relation.owner));
    Ok(owned.map(|(name, relation)| Finding::new(name, format!("is owned by {}", relation.owner))).collect())
}

/// Superusers are above every role. The owners of the cluster's other databases are members too, and kept out by who may
/// connect.
async fn door_members(connection: &impl ConnectionTrait) -> Result<Vec<Finding>, DbErr> {
    let doors = roles();
    let members = format!(
        "SELECT DISTINCT m.rolname::text, g.rolname::text FROM pg_auth_members a \
         JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid \
         WHERE g.rolname IN ({doors}) AND m.rolname NOT IN ({doors}, session_user) \
           AND NOT m.rolsuper AND has_database_privilege(m.oid, current_database(), 'CONNECT') \
           AND m.oid <> (SELECT datdba FROM pg_database WHERE datname = current_database()) ORDER BY 1, 2"
    );
    let members = rows::<2>(connection, &members).await?.into_iter();
    Ok(members.map(|[name, door]| Finding::new(name, format!("can act as {door}"))).collect())
}
