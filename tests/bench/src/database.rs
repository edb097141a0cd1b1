use std::net::SocketAddr;
use std::rc::Rc;
use std::str::FromStr;

use cotenant_bench::{Outcome, process};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::servers::beside_this;

/// What the servers sign with.
pub(crate) const KEY: &str = "bench-4b1f0c72e95d3a68-key-of-the-benchmark";

/// The name that the product derives from it; its tokens carry it.
const KEY_ID: &str = "8e885dac8d47ac55";

const SERVER: &str = "COTENANT_TEST_POSTGRES_URL";

/// Members of each tenant. With one or two, the tables of people would be so small that PostgreSQL reads them from end to
/// end instead of using their indexes.
const MEMBERS: u32 = 10;

/// What is made while creating is measured, and what the product writes beside it.
const CLEAN: [&str; 6] = [
    "DELETE FROM stores WHERE code_key LIKE 'bench-%'",
    "DELETE FROM sessions WHERE family_hash <> sha256('family')",
    "TRUNCATE audit_events, kept_answers",
    "DELETE FROM jobs",
    "VACUUM stores, sessions, audit_heads, jobs",
    "CHECKPOINT",
];

/// A migrated and filled database of the server that the benchmark was given.
pub(crate) struct BenchDatabase {
    pub(crate) url: String,
    pub(crate) tenants: Rc<[Tenant]>,
    name: String,
}

/// A tenant with a signed-in owner.
#[derive(Clone)]
pub(crate) struct Tenant {
    pub(crate) slug: String,
    pub(crate) session: Uuid,
    pub(crate) token: String,
    pub(crate) stores: Vec<Uuid>,
}

impl BenchDatabase {
    pub(crate) async fn create(kind: &str, tenants: u32, stores: u32) -> Outcome<Self> {
        let server = server()?;
        let address = server.split('?').next().unwrap_or_default();
        let (base, _) = address.rsplit_once('/').ok_or("a PostgreSQL URL ends with /DATABASE")?;
        let name = format!("cotenant_bench_{kind}_{}", std::process::id());
        run(&server, &[&format!("CREATE DATABASE {name}")]).await?;
        let url = format!("{base}/{name}");
        migrate(&url)?;
        let sizes =
            format!("SET bench.tenants = {tenants}; SET bench.members = {MEMBERS}; SET bench.stores = {stores}");
        run(&url, &[&sizes, include_str!("seed.sql"), "VACUUM ANALYZE", "CHECKPOINT"]).await?;
        let tenants = signed_in(&url).await?;
        Ok(Self { url, tenants, name })
    }

    /// Takes away what measurements have added.
    pub(crate) async fn clean(&self) -> Outcome<()> {
        run(&self.url, &CLEAN).await
    }

    pub(crate) async fn drop(&self) -> Outcome<()> {
        run(&server()?, &[&format!("DROP DATABASE {} WITH (FORCE)", self.name)]).await
    }

    /// Gives everybody a password by its hash.
    pub(crate) async fn everybody_has(&self, hash: &str) -> Outcome<()> {
        let give = "INSERT INTO credentials (user_id, password_hash, updated_at) SELECT id, $1, now() FROM users";
        let mut connection = PgConnection::connect(&self.url).await?;
        sqlx::query(give).bind(hash).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Host and port of its server.
    pub(crate) fn address(&self) -> Outcome<String> {
        let options = PgConnectOptions::from_str(&self.url)?;
        Ok(format!("{}:{}", options.get_host(), options.get_port()))
    }

    /// Its URL by way of another address, unencrypted.
    pub(crate) fn url_through(&self, address: SocketAddr) -> Outcome<String> {
        let (who, _) = self.url.rsplit_once('@').ok_or("a PostgreSQL URL names a user")?;
        Ok(format!("{who}@{address}/{}?sslmode=disable", self.name))
    }

    /// The database server's version, and how careful it is with the disk.
    pub(crate) async fn describe(&self) -> Outcome<String> {
        let settings = "SELECT format('PostgreSQL %s, shared_buffers %s, fsync %s, synchronous_commit %s', \
                        current_setting('server_version'), current_setting('shared_buffers'), \
                        current_setting('fsync'), current_setting('synchronous_commit'))";
        let mut connection = PgConnection::connect(&self.url).await?;
        let text = sqlx::query_scalar(settings).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(text)
    }

    /// The process that all of the database's processes are children of; `None` where it runs on another machine.
    pub(crate) async fn postmaster(&self) -> Outcome<Option<u32>> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        let parent = process::parent_of(u32::try_from(pid)?, "postgres");
        connection.close().await?;
        Ok(parent)
    }
}

fn server() -> Outcome<String> {
    std::env::var(SERVER).map_err(|_| format!("{SERVER} is not set: run `make bench`; it needs PostgreSQL").into())
}

async fn run(url: &str, statements: &[&str]) -> Outcome<()> {
    let mut connection = PgConnection::connect(url).await?;
    for sql in statements {
        connection.execute(AssertSqlSafe(*sql)).await?;
    }
    Ok(connection.close().await?)
}

pub(crate) fn migrate(url: &str) -> Outcome<()> {
    let done = beside_this("cotenant")?.args(["migrate", "up"]).env("COTENANT__DATABASE__URL", url).output()?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into()) }
}

async fn signed_in(url: &str) -> Outcome<Rc<[Tenant]>> {
    let mut connection = PgConnection::connect(url).await?;
    let rows: Vec<Session> = sqlx::query_as(
        "SELECT DISTINCT ON (tenant_id) (SELECT slug FROM tenants t WHERE t.id = tenant_id), tenant_id, user_id, id,
                extract(epoch FROM created_at)::bigint, extract(epoch FROM expires_at)::bigint,
                (SELECT array_agg(s.id) FROM stores s WHERE s.tenant_id = sessions.tenant_id AND deleted_at IS NULL)
         FROM sessions",
    )
    .fetch_all(&mut connection)
    .await?;
    connection.close().await?;
    rows.into_iter().map(tenant).collect()
}

/// Slug, tenant, user, session, when it began and ends in seconds since 1970, and the tenant's live stores.
type Session = (String, Uuid, Uuid, Uuid, i64, i64, Vec<Uuid>);

/// Signs a token as the product does after a password was right, which costs a hash.
fn tenant((slug, tenant, user, session, began, ends, stores): Session) -> Outcome<Tenant> {
    let header = Header { typ: Some("at+jwt".into()), kid: Some(KEY_ID.into()), ..Header::new(Algorithm::HS256) };
    let claims = json!({
        "iss": "cotenant", "aud": "cotenant", "jti": session, "sid": session, "user_id": user, "tenant_id": tenant,
        "mep": 1, "tep": 1, "iat": began, "exp": ends
    });
    let token = encode(&header, &claims, &EncodingKey::from_secret(KEY.as_bytes()))?;
    Ok(Tenant { slug, session, token, stores })
}
