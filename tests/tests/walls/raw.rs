//! Raw connections, past every layer of the product, and two tenants with a row in each of their tables.

use cotenant_tests::{FreshDatabase, Kind};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};
use uuid::Uuid;

/// The first tenant: whoever forges here stands in it.
pub const A: u8 = 0xa;
/// The tenant that must not be reached.
pub const B: u8 = 0xb;

/// One row of each table that a tenant owns, parents first. Braces name ids of the tenant; see [`literal`].
pub const ROWS: &[(&str, &str)] = &[
    ("tenant_users", "tenant_id={t} user_id={u} status='active' epoch=1 created_at={now} updated_at={now} version=1"),
    (
        "sessions",
        "tenant_id={t} id={i} user_id={u} membership_epoch=1 tenant_epoch=1 created_at={now} last_used_at={now} \
         idle_expires_at={now} expires_at={now} family_hash='hash' refresh_hash='hash'",
    ),
    (
        "stores",
        "tenant_id={t} id={s} name={n} name_key={n} code={n} code_key={n} timezone='Africa/Nairobi' currency='KES' \
         is_active=true created_at={now} updated_at={now} version=1",
    ),
    (
        "roles",
        "tenant_id={t} id={r} name={n} name_key={n} permissions='stores.read' created_at={now} updated_at={now} version=1",
    ),
    ("user_roles", "tenant_id={t} user_id={u} role_id={r} granted_at={now}"),
    ("user_store_roles", "tenant_id={t} user_id={u} store_id={s} role_id={r} granted_at={now}"),
    (
        "service_accounts",
        "tenant_id={t} id={i} name={n} name_key={n} status='active' created_at={now} updated_at={now} version=1",
    ),
    ("service_roles", "tenant_id={t} service_account_id={i} role_id={r} granted_at={now}"),
    ("service_store_roles", "tenant_id={t} service_account_id={i} store_id={s} role_id={r} granted_at={now}"),
    ("api_keys", "tenant_id={t} id={i} service_account_id={i} name={n} hash='hash' created_at={now} created_by={u}"),
    (
        "products",
        "tenant_id={t} store_id={s} id={i} sku={n} sku_key={n} name={n} name_key={n} price_minor=1 currency='KES' stock=1 \
         created_at={now} updated_at={now} version=1",
    ),
    (
        "invitations",
        "tenant_id={t} id={i} email={n} email_key={n} status='pending' expires_at={now} role_ids='[]' store_roles='[]' \
         created_at={now} updated_at={now} version=1",
    ),
    ("audit_heads", "tenant_id={t} seq=1"),
    (
        "audit_events",
        "tenant_id={t} seq={i#} id={i} at={now} actor_kind='system' action='test' object_kind='test' object_id={i} detail='[]'",
    ),
    (
        "jobs",
        "tenant_id={t} id={i} kind='test' payload='private' status='queued' run_at={now} lease=0 attempts=0 created_at={now}",
    ),
    ("kept_answers", "tenant_id={t} id={i} fingerprint='hash' created_at={now} status=201"),
];

/// The id of a tenant.
pub fn tenant(tenant: u8) -> Uuid {
    id(tenant, 't', 0)
}

/// The `number`-th id of a kind in a tenant: `u`ser, `s`tore, `r`ole, or of anything else (`i`).
pub fn id(tenant: u8, kind: char, number: u8) -> Uuid {
    Uuid::from_u128(u128::from(tenant) << 120 | u128::from(u32::from(kind)) << 32 | u128::from(number))
}

/// A connection as the owner of the schema, which on PostgreSQL can stand at any door.
pub enum Raw {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Why a statement was refused: SQLSTATE or SQLite's code, and the message.
#[derive(Debug)]
pub struct Refusal {
    pub code: String,
    pub message: String,
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        let error = error.into_database_error().expect("the database refuses, nothing else");
        Self { code: error.code().unwrap_or_default().into_owned(), message: error.message().to_owned() }
    }
}

impl Raw {
    pub async fn open(database: &FreshDatabase) -> Self {
        match database.kind {
            Kind::Postgres => Self::Postgres(PgConnection::connect(&database.url).await.unwrap()),
            Kind::Sqlite => Self::Sqlite(SqliteConnection::connect(&database.url).await.unwrap()),
        }
    }

    /// Runs statements as they stand; answers how many rows they met.
    pub async fn execute(&mut self, sql: &str) -> Result<u64, Refusal> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Self::Postgres(c) => c.execute(sql).await?.rows_affected(),
            Self::Sqlite(c) => c.execute(sql).await?.rows_affected(),
        })
    }

    /// The first column of the answer, as texts; NULL is "".
    pub async fn texts(&mut self, sql: &str) -> Result<Vec<String>, Refusal> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Self::Postgres(c) => {
                let rows = c.fetch_all(sql).await?;
                rows.iter().map(|row| row.try_get::<Option<String>, _>(0).unwrap().unwrap_or_default()).collect()
            }
            Self::Sqlite(c) => {
                let rows = c.fetch_all(sql).await?;
                rows.iter().map(|row| row.try_get::<Option<String>, _>(0).unwrap().unwrap_or_default()).collect()
            }
        })
    }

    /// Tries statements in a transaction that is rolled back: `stand` chooses door and tenant, then `sql`.
    pub async fn attempt(&mut self, stand: &str, sql: &str) -> Result<u64, Refusal> {
        self.execute(&format!("BEGIN; {stand}")).await.unwrap();
        let outcome = self.execute(sql).await;
        self.execute("ROLLBACK").await.unwrap();
        outcome
    }

    /// Reads texts in a transaction, standing at a door.
    pub async fn look(&mut self, stand: &str, sql: &str) -> Result<Vec<String>, Refusal> {
        self.execute(&format!("BEGIN; {stand}")).await.unwrap();
        let outcome = self.texts(sql).await;
        self.execute("ROLLBACK").await.unwrap();
        outcome
    }

    /// An id as this database writes it.
    pub fn uuid(&self, id: Uuid) -> String {
        match self {
            Self::Postgres(_) => format!("'{id}'"),
            Self::Sqlite(_) => format!("x'{}'", id.simple()),
        }
    }

    /// The `number`-th row of a table in a tenant: columns and literals.
    pub fn row(&self, table: &str, owner: u8, number: u8) -> Vec<(&'static str, String)> {
        let (_, row) = ROWS.iter().find(|(name, _)| *name == table).unwrap_or_else(|| panic!("no row for {table}"));
        let literal = |value: &str| match value {
            "{t}" => self.uuid(tenant(owner)),
            "{u}" | "{s}" | "{r}" | "{i}" => self.uuid(id(owner, value.chars().nth(1).unwrap(), number)),
            "{i#}" => number.to_string(),
            "{n}" => format!("'name-{number}'"),
            "{now}" => "'2026-01-01T00:00:00.000000Z'".to_owned(),
            value => value.to_owned(),
        };
        row.split_whitespace().map(|pair| pair.split_once('=').unwrap()).map(|(c, v)| (c, literal(v))).collect()
    }

    /// Makes both tenants, two people for each, and an operator's access to each: the platform's rows.
    async fn found(&mut self) {
        let now = "'2026-01-01T00:00:00.000000Z'";
        for owner in [A, B] {
            let tenant = self.uuid(tenant(owner));
            let insert = format!(
                "INSERT INTO tenants (id, slug, slug_key, name, name_key, status, epoch, access_version, created_at, \
                 updated_at, version) VALUES ({tenant}, 't{owner}', 't{owner}', 'T', 't', 'active', 1, 1, {now}, {now}, 1)"
            );
            self.execute(&insert).await.unwrap();
            for number in [1, 2] {
                let user = self.uuid(id(owner, 'u', number));
                let insert = format!(
                    "INSERT INTO users (id, email, email_key, display_name, display_name_key, epoch, created_at, updated_at, \
                     version) VALUES ({user}, 'u{owner}{number}', 'u{owner}{number}', 'U', 'u', 1, {now}, {now}, 1)"
                );
                self.execute(&insert).await.unwrap();
            }
            let (grant, operator) = (self.uuid(id(owner, 'i', 7)), self.uuid(id(owner, 'u', 2)));
            let insert = format!(
                "INSERT INTO support_grants (tenant_id, id, operator_id, reason, may_write, hash, tenant_epoch, created_at, \
                 expires_at) VALUES ({tenant}, {grant}, {operator}, 'reason', false, 'hash', 1, {now}, {now})"
            );
            self.execute(&insert).await.unwrap();
        }
    }

    /// Fills both tenants' tables with row 1. On PostgreSQL the tenant's own role does it: what is refused later is refused
    /// for the tenant and not for the row.
    pub async fn seed(&mut self) {
        self.found().await;
        for owner in [A, B] {
            for (table, _) in ROWS {
                let insert = insert(table, &self.row(table, owner, 1));
                let stand = self.standing("tenant", Some(tenant(owner)));
                self.execute(&format!("BEGIN; {stand}")).await.unwrap();
                assert_eq!(self.execute(&insert).await.unwrap(), 1, "{table}");
                self.execute("COMMIT").await.unwrap();
            }
        }
    }

    /// Everything that a tenant owns, as text.
    pub async fn snapshot(&mut self, owner: u8) -> Vec<String> {
        let mut rows = Vec::new();
        for (table, _) in ROWS {
            let whole = match self {
                Self::Postgres(_) => format!("{table}::text"),
                Self::Sqlite(_) => {
                    let columns = self.texts(&format!("SELECT name FROM pragma_table_info('{table}')")).await.unwrap();
                    columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ',' || ")
                }
            };
            let owner = self.uuid(tenant(owner));
            let sql = format!("SELECT {whole} FROM {table} WHERE tenant_id = {owner} ORDER BY 1");
            rows.extend(self.texts(&sql).await.unwrap());
        }
        assert!(rows.len() >= ROWS.len());
        rows
    }

    /// What makes a transaction stand at a door in a tenant. SQLite has no doors without the product's triggers.
    pub fn standing(&self, door: &str, tenant: Option<Uuid>) -> String {
        match (self, tenant) {
            (Self::Sqlite(_), _) => String::new(),
            (_, None) => format!("SET LOCAL ROLE cotenant_{door}"),
            (_, Some(tenant)) => format!("SET LOCAL ROLE cotenant_{door}; SET LOCAL app.tenant_id = '{tenant}'"),
        }
    }
}

/// The statement that inserts a row.
pub fn insert(table: &str, row: &[(&str, String)]) -> String {
    let columns: Vec<&str> = row.iter().map(|(column, _)| *column).collect();
    let values: Vec<&str> = row.iter().map(|(_, value)| value.as_str()).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), values.join(", "))
}

/// A fresh PostgreSQL with both tenants in it; `None` where PostgreSQL is left out on purpose.
pub async fn postgres() -> Option<(FreshDatabase, Raw)> {
    let database = FreshDatabase::new(Kind::Postgres).await?;
    let mut raw = Raw::open(&database).await;
    raw.seed().await;
    Some((database, raw))
}
