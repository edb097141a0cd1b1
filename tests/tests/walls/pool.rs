//! The product's own connections with every wall of the wrapper left out: entities that declare no wall, so that only the
//! database is in the way.

use cotenant_infrastructure::ScopedDatabase;
use cotenant_scoped::door::{Dispatcher, Door, Opens, Person, Platform, Tenant};
use cotenant_scoped::table::{DispatchTable, OwnTable, PersonTable, PlatformTable, TenantTable};
use cotenant_scoped::{Error, Filter, Guard, Guarded, Revocable, Scope, Stores, Transaction, WallRule, Writing};
use cotenant_tests::{FreshDatabase, Kind, on_both_databases};
use sea_orm::{IntoActiveModel, Value};
use uuid::Uuid;

use crate::raw::{A, B, Raw, id, tenant};

on_both_databases! {
    a_tenant_writes_no_foreign_row_even_without_the_wrapper;
    without_a_tenant_nothing_is_written_even_without_the_wrapper;
    a_tenant_writes_neither_people_nor_the_platform;
    no_other_door_writes_what_a_tenant_owns;
    a_person_ends_own_sessions_and_writes_nothing_else_of_them_even_without_the_wrapper;
    nothing_of_a_transaction_is_left_on_its_connection;
    a_key_that_leads_nowhere_is_refused;
    a_tenant_ends_its_support_grants_and_makes_and_lengthens_none_even_without_the_wrapper;
}

macro_rules! probes {
    ($list:ident: $($module:ident $table:literal $kind:ident $column:ident $variant:ident $type:ty;)*) => {
        probes! { $($module $table $kind $column $variant $type;)* }

        macro_rules! $list {
            ($run:ident $arguments:tt) => { $($run::<$module::Entity> $arguments.await;)* };
            () => { [$($table),*] };
        }
    };
    ($($module:ident $table:literal $kind:ident $column:ident $variant:ident $type:ty;)*) => {
        $(mod $module {
            use super::*;
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub $column: $type,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}

            impl Guarded for Entity {
                type Kind = $kind;
                const GUARD: Guard<Column> = Guard::open();
            }
            impl Revocable for Entity {}
            impl Probe for Entity {
                type Value = $type;
                const TABLE: &'static str = $table;
                const COLUMN: Column = Column::$variant;
                fn model(value: $type) -> Model {
                    Model { $column: value }
                }
            }
        })*
    };
}

/// A table of which only the column that holds its wall is known.
trait Probe: Revocable + Sized
where
    Self::Model: IntoActiveModel<Self::ActiveModel> + Send + Sync,
    Self::ActiveModel: Send,
{
    type Value: Into<Value> + Copy + Send;
    const TABLE: &'static str;
    const COLUMN: Self::Column;
    fn model(value: Self::Value) -> Self::Model;
}

probes! { each_tenants_table:
    api_keys "api_keys" TenantTable tenant_id TenantId Uuid;
    audit_events "audit_events" TenantTable tenant_id TenantId Uuid;
    audit_heads "audit_heads" TenantTable tenant_id TenantId Uuid;
    invitations "invitations" TenantTable tenant_id TenantId Uuid;
    jobs "jobs" TenantTable tenant_id TenantId Uuid;
    products "products" TenantTable tenant_id TenantId Uuid;
    roles "roles" TenantTable tenant_id TenantId Uuid;
    service_accounts "service_accounts" TenantTable tenant_id TenantId Uuid;
    service_roles "service_roles" TenantTable tenant_id TenantId Uuid;
    service_store_roles "service_store_roles" TenantTable tenant_id TenantId Uuid;
    sessions "sessions" TenantTable tenant_id TenantId Uuid;
    stores "stores" TenantTable tenant_id TenantId Uuid;
    tenant_users "tenant_users" TenantTable tenant_id TenantId Uuid;
    user_roles "user_roles" TenantTable tenant_id TenantId Uuid;
    user_store_roles "user_store_roles" TenantTable tenant_id TenantId Uuid;
}

probes! { each_shared_table:
    address_changes "address_changes" TenantTable id Id Uuid;
    credentials "credentials" TenantTable user_id UserId Uuid;
    operator_sessions "operator_sessions" TenantTable user_id UserId Uuid;
    operators "operators" TenantTable user_id UserId Uuid;
    password_resets "password_resets" TenantTable id Id Uuid;
    platform_audit_events "platform_audit_events" TenantTable id Id Uuid;
    platform_jobs "platform_jobs" TenantTable id Id Uuid;
    tenants "tenants" TenantTable id Id Uuid;
    users "users" TenantTable id Id Uuid;
}

probes! { schedules_table: job_schedules "job_schedules" TenantTable last_at LastAt TimeDateTimeWithTimeZone; }

probes! { bootstrap_table: bootstrap "bootstrap" TenantTable singleton Singleton i32; }

probes! {
    stores_of_persons "stores" PersonTable tenant_id TenantId Uuid;
    user_roles_of_persons "user_roles" PersonTable tenant_id TenantId Uuid;
    stores_of_the_platform "stores" PlatformTable tenant_id TenantId Uuid;
    user_roles_of_the_platform "user_roles" PlatformTable tenant_id TenantId Uuid;
    stores_of_the_dispatcher "stores" DispatchTable tenant_id TenantId Uuid;
    jobs_of_the_dispatcher "jobs" DispatchTable tenant_id TenantId Uuid;
    sessions_of_persons "sessions" OwnTable tenant_id TenantId Uuid;
}

/// A session with the column that its person may set, one that they may not, and no wall.
mod open_session {
    use super::*;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub agent: Option<String>,
        pub expires_at: TimeDateTimeWithTimeZone,
        pub ended_at: Option<TimeDateTimeWithTimeZone>,
        pub refresh_hash: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Guarded for Entity {
        type Kind = OwnTable;
        const GUARD: Guard<Column> = Guard::open();
    }
}

/// A support grant with its columns of most consequence, and no wall.
mod open_grant {
    use super::*;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "support_grants")]
    pub struct Model {
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub operator_id: Uuid,
        pub reason: String,
        pub may_write: bool,
        pub hash: Vec<u8>,
        pub tenant_epoch: i64,
        pub created_at: TimeDateTimeWithTimeZone,
        pub expires_at: TimeDateTimeWithTimeZone,
        pub ended_at: Option<TimeDateTimeWithTimeZone>,
        pub ended_by_kind: Option<String>,
        pub ended_by_id: Option<Uuid>,
        pub last_used_at: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Guarded for Entity {
        type Kind = TenantTable;
        const GUARD: Guard<Column> = Guard::open();
    }
    impl Revocable for Entity {}
}

fn scope(tenant: Uuid) -> Scope {
    Scope::new(tenant, Stores::All)
}

/// Two tenants with rows, a row in each shared table, and the product's connections.
async fn world(database: &FreshDatabase) -> (Raw, ScopedDatabase) {
    let mut raw = Raw::open(database).await;
    raw.seed().await;
    let (user, now) = (raw.uuid(id(B, 'u', 1)), "'2026-01-01T00:00:00.000000Z'");
    for insert in [
        format!("INSERT INTO credentials (user_id, password_hash, updated_at) VALUES ({user}, 'hash', {now})"),
        format!("INSERT INTO operators (user_id, created_at) VALUES ({user}, {now})"),
        format!(
            "INSERT INTO operator_sessions (id, user_id, created_at, expires_at) VALUES ({user}, {user}, {now}, {now})"
        ),
        format!(
            "INSERT INTO platform_audit_events (id, at, actor_kind, action, detail) VALUES ({user}, {now}, 's', 't', '')"
        ),
        format!(
            "INSERT INTO address_changes (id, user_id, from_email, to_email, requested_at, expires_at) \
             VALUES ({user}, {user}, 'f', 't', {now}, {now})"
        ),
        format!("INSERT INTO password_resets (id, email, requested_at, expires_at) VALUES ({user}, 'e', {now}, {now})"),
        format!(
            "INSERT INTO platform_jobs (id, kind, payload, status, run_at, lease, attempts, created_at) \
             VALUES ({user}, 'k', 'p', 'queued', {now}, 0, 0, {now})"
        ),
        format!("INSERT INTO bootstrap (singleton, at) VALUES (1, {now})"),
        format!("INSERT INTO job_schedules (kind, last_at) VALUES ('k', {now})"),
    ] {
        raw.execute(&insert).await.unwrap();
    }
    (raw, database.connect())
}

/// A foreign row is not there, or touching it is refused: always so on SQLite, whose triggers see it.
fn unreachable(outcome: &Result<u64, Error>, sqlite: bool, what: &str) {
    // Its logs refuse in their own words too.
    let refused = match outcome {
        Err(Error::MissingReference) => what.contains("audit_events"),
        outcome => matches!(outcome, Err(Error::OutOfScope)),
    };
    assert!(refused || !sqlite && matches!(outcome, Ok(0)), "{what}: {outcome:?}");
}

/// Tries to insert, change and delete a foreign row, each in a transaction of its own.
async fn forge<E, D, F>(begin: F, foreign: E::Value, sqlite: bool)
where
    E: Probe,
    D: Door + Opens<E::Kind>,
    E::Model: IntoActiveModel<E::ActiveModel> + Send + Sync,
    E::ActiveModel: Send,
    F: AsyncFn() -> Transaction<D, Writing>,
{
    let inserted = begin().await.insert::<E>(E::model(foreign)).await;
    assert!(matches!(inserted, Err(Error::OutOfScope)), "{}: {inserted:?}", E::TABLE);
    let theirs = || Filter::eq(E::COLUMN, foreign);
    let changed = begin().await.update::<E>().filter(theirs()).set(E::COLUMN, foreign).execute().await;
    unreachable(&changed, sqlite, E::TABLE);
    let deleted = begin().await.revoke::<E>(theirs()).await;
    unreachable(&deleted, sqlite, E::TABLE);
}

/// As [`forge`] at the tenant door, and tries to move rows over.
async fn forge_in<E>(database: &ScopedDatabase, stand: Uuid, foreign: E::Value, moves: bool)
where
    E: Probe<Kind = TenantTable>,
    E::Model: IntoActiveModel<E::ActiveModel> + Send + Sync,
    E::ActiveModel: Send,
{
    let begin = async || database.write(scope(stand)).await.unwrap();
    forge::<E, Tenant, _>(begin, foreign, !database.is_postgres()).await;
    if moves {
        let own = Filter::eq(E::COLUMN, stand);
        let moved = begin().await.update::<E>().filter(own).set(E::COLUMN, foreign).execute().await;
        unreachable(&moved, true, E::TABLE);
    }
}

// Attacks: 9.
async fn a_tenant_writes_no_foreign_row_even_without_the_wrapper(database: FreshDatabase) {
    let (mut raw, scoped) = world(&database).await;
    let before = (raw.snapshot(A).await, raw.snapshot(B).await);
    let mut probed: Vec<&str> = each_tenants_table!().to_vec();
    let walls = cotenant_infrastructure::WALLS.iter();
    let owned = |rule: &WallRule| {
        matches!(rule, WallRule::Tenant(_) | WallRule::TenantOrDispatcher { .. } | WallRule::TenantOrPerson { .. })
    };
    let mut walled: Vec<&str> = walls.filter(|wall| owned(&wall.rule)).map(|wall| wall.table).collect();
    probed.sort_unstable();
    walled.sort_unstable();
    assert_eq!(probed, walled);
    each_tenants_table!(forge_in(&scoped, tenant(A), tenant(B), true));
    assert_eq!((raw.snapshot(A).await, raw.snapshot(B).await), before);
}

// Attacks: 4.
async fn without_a_tenant_nothing_is_written_even_without_the_wrapper(database: FreshDatabase) {
    let (mut raw, scoped) = world(&database).await;
    let before = raw.snapshot(A).await;
    each_tenants_table!(forge_in(&scoped, Uuid::nil(), tenant(A), false));
    assert_eq!(raw.snapshot(A).await, before);
}

async fn a_tenant_writes_neither_people_nor_the_platform(database: FreshDatabase) {
    let (_raw, scoped) = world(&database).await;
    each_shared_table!(forge_shared(&scoped));
    bootstrap_table!(forge_in(&scoped, tenant(A), 1, false));
    schedules_table!(forge_in(&scoped, tenant(A), time::macros::datetime!(2026-01-01 00:00 UTC), false));
}

/// As [`forge_in`], with the id that the table has.
async fn forge_shared<E>(database: &ScopedDatabase)
where
    E: Probe<Kind = TenantTable, Value = Uuid>,
    E::Model: IntoActiveModel<E::ActiveModel> + Send + Sync,
    E::ActiveModel: Send,
{
    let foreign = if E::TABLE == "tenants" { tenant(B) } else { id(B, 'u', 1) };
    forge_in::<E>(database, tenant(A), foreign, false).await;
}

async fn no_other_door_writes_what_a_tenant_owns(database: FreshDatabase) {
    let (mut raw, scoped) = world(&database).await;
    let before = raw.snapshot(A).await;
    let sqlite = database.kind == Kind::Sqlite;
    let person = async || scoped.person().await.unwrap();
    let platform = async || scoped.platform().await.unwrap();
    let dispatcher = async || scoped.dispatcher().await.unwrap();
    macro_rules! run {
        ($($module:ident $door:ident $begin:ident;)*) => {
            $(forge::<$module::Entity, $door, _>($begin, tenant(A), sqlite).await;)*
        };
    }
    run! {
        stores_of_persons Person person;
        user_roles_of_persons Person person;
        sessions_of_persons Person person;
        stores_of_the_platform Platform platform;
        user_roles_of_the_platform Platform platform;
        stores_of_the_dispatcher Dispatcher dispatcher;
    }
    // A job may be leased by the dispatcher and, when it is done, purged; neither made nor moved, nor deleted before.
    let jobs = jobs_of_the_dispatcher::Model { tenant_id: tenant(A) };
    let inserted = dispatcher().await.insert::<jobs_of_the_dispatcher::Entity>(jobs).await;
    assert!(matches!(inserted, Err(Error::OutOfScope)), "{inserted:?}");
    let column = jobs_of_the_dispatcher::Column::TenantId;
    let moved = dispatcher().await.update::<jobs_of_the_dispatcher::Entity>().set(column, tenant(B)).execute().await;
    assert!(matches!(moved, Err(Error::OutOfScope)), "{moved:?}");
    let deleted = dispatcher().await.revoke::<jobs_of_the_dispatcher::Entity>(Filter::all([])).await;
    unreachable(&deleted, sqlite, "a job that is queued");
    assert_eq!(raw.snapshot(A).await, before);
}

/// The row that ends, the one that is another person's, and all that stays as it is.
async fn a_person_ends_own_sessions_and_writes_nothing_else_of_them_even_without_the_wrapper(database: FreshDatabase) {
    use open_session::{Column, Entity};
    let (mut raw, scoped) = world(&database).await;
    let (sqlite, before) = (database.kind == Kind::Sqlite, raw.snapshot(B).await);
    let at = time::OffsetDateTime::UNIX_EPOCH;
    let of = |owner: u8| Filter::eq(Column::UserId, id(owner, 'u', 1));
    let as_person = async |owner: Option<u8>| {
        let mut transaction = scoped.person().await.unwrap();
        if let Some(owner) = owner {
            transaction.verified(id(owner, 'u', 1)).await.unwrap();
        }
        transaction
    };
    for stands in [None, Some(A)] {
        let ended = as_person(stands).await.update::<Entity>().filter(of(B)).set(Column::EndedAt, at).execute().await;
        unreachable(&ended, sqlite, "another person's session");
    }
    let person = as_person(Some(A)).await;
    assert_eq!(person.update::<Entity>().filter(of(A)).set(Column::EndedAt, at).execute().await.unwrap(), 1);
    person.commit().await.unwrap();
    assert_eq!(raw.snapshot(B).await, before);
    let before = raw.snapshot(A).await;
    for (column, value) in [
        (Column::EndedAt, Value::TimeDateTimeWithTimeZone(None)),
        (Column::ExpiresAt, at.into()),
        (Column::Agent, "another".into()),
        (Column::RefreshHash, vec![1_u8].into()),
        (Column::UserId, id(B, 'u', 1).into()),
        (Column::Id, id(A, 'i', 9).into()),
    ] {
        let changed = as_person(Some(A)).await.update::<Entity>().filter(of(A)).set(column, value).execute().await;
        assert!(matches!(changed, Err(Error::OutOfScope)), "{column:?}: {changed:?}");
    }
    assert_eq!(raw.snapshot(A).await, before);
    // What was verified ends with the transaction, and with the door.
    let passed = as_person(Some(A)).await.platform().await.unwrap().person().await.unwrap();
    let ended = passed.update::<Entity>().filter(of(A)).set(Column::EndedAt, at).execute().await;
    unreachable(&ended, sqlite, "after another door");
}

// Attacks: 16.
async fn nothing_of_a_transaction_is_left_on_its_connection(database: FreshDatabase) {
    let (mut raw, _) = world(&database).await;
    let mut options = database.options();
    options.max_connections = 1;
    let scoped = ScopedDatabase::connect(&options).unwrap();
    for round in ["committed", "dropped", "at another door"] {
        let transaction = scoped.write(scope(tenant(A))).await.unwrap();
        let own = Filter::eq(stores::Column::TenantId, tenant(A));
        assert_eq!(transaction.find::<stores::Entity>().filter(own).count().await.unwrap(), 1, "{round}");
        match round {
            "committed" => transaction.commit().await.unwrap(),
            "dropped" => drop(transaction),
            _ => transaction.platform().await.unwrap().commit().await.unwrap(),
        }
        // The same connection, in no tenant: on PostgreSQL it sees nothing, on SQLite it writes nothing.
        let nowhere = scoped.write(scope(Uuid::nil())).await.unwrap();
        if scoped.is_postgres() {
            assert_eq!(nowhere.find::<stores::Entity>().count().await.unwrap(), 0, "{round}");
        } else {
            let changed = nowhere.update::<stores::Entity>().set(stores::Column::TenantId, tenant(A)).execute().await;
            assert!(matches!(changed, Err(Error::OutOfScope)), "{round}: {changed:?}");
        }
    }
    assert_eq!(raw.snapshot(A).await.len(), raw.snapshot(B).await.len());
}

async fn a_key_that_leads_nowhere_is_refused(database: FreshDatabase) {
    let (mut raw, scoped) = world(&database).await;
    let transaction = scoped.write(scope(tenant(A))).await.unwrap();
    use cotenant_tests::entities::user_role;
    let at = time::OffsetDateTime::UNIX_EPOCH;
    let theirs = user_role::Model {
        tenant_id: tenant(A),
        user_id: id(A, 'u', 1),
        role_id: id(B, 'r', 1),
        granted_at: at,
        granted_by: None,
    };
    let granted = transaction.insert::<user_role::Entity>(theirs).await;
    assert!(matches!(granted, Err(Error::MissingReference)), "{granted:?}");
    drop(transaction);
    assert_eq!(raw.snapshot(A).await.len(), raw.snapshot(B).await.len());
}

// Attacks: 9, 20, 23.
async fn a_tenant_ends_its_support_grants_and_makes_and_lengthens_none_even_without_the_wrapper(
    database: FreshDatabase,
) {
    use open_grant::{Column, Entity, Model};
    let (_raw, scoped) = world(&database).await;
    let (sqlite, at) = (database.kind == Kind::Sqlite, time::OffsetDateTime::UNIX_EPOCH);
    let of = |owner: u8| Filter::eq(Column::TenantId, tenant(owner));
    let inside = async || scoped.write(scope(tenant(A))).await.unwrap();
    let ended = inside().await;
    let change = ended.update::<Entity>().filter(of(A)).set(Column::EndedAt, at).set(Column::EndedByKind, "user");
    assert_eq!(change.set(Column::LastUsedAt, at).execute().await.unwrap(), 1);
    ended.commit().await.unwrap();
    let again = inside().await;
    let revived = again.update::<Entity>().filter(of(A)).set(Column::EndedAt, None::<time::OffsetDateTime>);
    let revived = revived.set(Column::EndedByKind, None::<String>).execute().await;
    assert!(matches!(revived, Err(Error::OutOfScope)), "what was ended is revived: {revived:?}");
    drop(again);
    let later = Value::from(at + time::Duration::DAY);
    for (column, value) in [
        (Column::EndedAt, later.clone()),
        (Column::EndedByKind, "system".into()),
        (Column::EndedById, id(A, 'u', 1).into()),
    ] {
        let changed = inside().await.update::<Entity>().filter(of(A)).set(column, value).execute().await;
        assert!(matches!(changed, Err(Error::OutOfScope)), "{column:?} of an end that was made: {changed:?}");
    }
    // A request that was let in before the end is noted after it; whoever writes the whole row leaves the end as it is.
    let noted = inside().await;
    let change = noted.update::<Entity>().filter(of(A)).set(Column::LastUsedAt, later).set(Column::EndedAt, at);
    assert_eq!(change.execute().await.unwrap(), 1);
    drop(noted);
    for (column, value) in [
        (Column::ExpiresAt, Value::from(at)),
        (Column::MayWrite, true.into()),
        (Column::Hash, vec![1_u8].into()),
        (Column::TenantEpoch, 2_i64.into()),
        (Column::Reason, "another".into()),
        (Column::OperatorId, id(A, 'u', 1).into()),
        (Column::TenantId, tenant(B).into()),
        (Column::Id, id(A, 'i', 9).into()),
        (Column::CreatedAt, at.into()),
    ] {
        let changed = inside().await.update::<Entity>().filter(of(A)).set(column, value).execute().await;
        assert!(matches!(changed, Err(Error::OutOfScope)), "{column:?}: {changed:?}");
    }
    let theirs = inside().await.update::<Entity>().filter(of(B)).set(Column::LastUsedAt, at).execute().await;
    unreachable(&theirs, sqlite, "another tenant's grant");
    for owner in [A, B] {
        let made = Model {
            tenant_id: tenant(owner),
            id: id(owner, 'i', 8),
            operator_id: id(A, 'u', 1),
            reason: "reason".into(),
            may_write: true,
            hash: vec![1],
            tenant_epoch: 1,
            created_at: at,
            expires_at: at,
            ended_at: None,
            ended_by_kind: None,
            ended_by_id: None,
            last_used_at: None,
        };
        let made = inside().await.insert::<Entity>(made).await;
        assert!(matches!(made, Err(Error::OutOfScope)), "a tenant makes no grant: {made:?}");
        let gone = inside().await.revoke::<Entity>(of(owner)).await;
        assert!(matches!(gone, Err(Error::OutOfScope)), "and takes none out of the list: {gone:?}");
    }
}
