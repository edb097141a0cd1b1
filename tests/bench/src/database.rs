use std::rc::Rc;

use cotenant_bench::{Outcome, process};
use cotenant_domain::identity::{SessionId, TenantClaims, TokenIssuer, UserId};
use cotenant_domain::shared::{Clock, IdSource};
use cotenant_domain::tenants::TenantId;
use cotenant_infrastructure::{JwtTokens, SystemClock, UuidV7};
use cotenant_migration::Runner;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use time::Duration;
use uuid::Uuid;

/// What the servers sign with.
pub(crate) const KEY: &str = "bench-4b1f0c72e95d3a68-key-of-the-benchmark";

const SERVER: &str = "COTENANT_TEST_POSTGRES_URL";

/// What is made while creating is measured, and what the product writes beside it.
const CLEAN: [&str; 4] = [
    "DELETE FROM stores WHERE code_key LIKE 'bench-%'",
    "TRUNCATE audit_events",
    "VACUUM stores, audit_heads",
    "CHECKPOINT",
];

/// A migrated and filled database of the server that the benchmark was given.
pub(crate) struct BenchDatabase {
    pub(crate) url: String,
    pub(crate) tenants: Rc<[Tenant]>,
    name: String,
}

/// A tenant whose owner is signed in.
#[derive(Clone)]
pub(crate) struct Tenant {
    pub(crate) token: String,
    pub(crate) stores: Vec<Uuid>,
}

impl BenchDatabase {
    pub(crate) async fn create(kind: &str, tenants: u32, stores: u32) -> Outcome<Self> {
        let server = server()?;
        let (base, _) = server.rsplit_once('/').ok_or("a PostgreSQL URL ends with /DATABASE")?;
        let name = format!("cotenant_bench_{kind}_{}", UuidV7.next().simple());
        run(&server, &[&format!("CREATE DATABASE {name}")]).await?;
        let url = format!("{base}/{name}");
        let runner = Runner::connect(&url).await?;
        runner.up(None).await?;
        runner.close().await?;
        let sizes = format!("SET bench.tenants = {tenants}; SET bench.stores = {stores}");
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

async fn signed_in(url: &str) -> Outcome<Rc<[Tenant]>> {
    let issuer = JwtTokens::new(&SecretString::from(KEY), "cotenant");
    let mut connection = PgConnection::connect(url).await?;
    let rows: Vec<(Uuid, Uuid, Uuid, Vec<Uuid>)> = sqlx::query_as(
        "SELECT tenant_id, user_id, id,
                (SELECT array_agg(s.id) FROM stores s WHERE s.tenant_id = sessions.tenant_id AND deleted_at IS NULL)
         FROM sessions",
    )
    .fetch_all(&mut connection)
    .await?;
    connection.close().await?;
    let tenants = rows.into_iter().map(|(tenant, user, session, stores)| {
        let token = issuer.tenant(&claims(tenant, user, session))?;
        Ok(Tenant { token: token.expose_secret().to_owned(), stores })
    });
    tenants.collect()
}

fn claims(tenant: Uuid, user: Uuid, session: Uuid) -> TenantClaims {
    let now = SystemClock.now();
    TenantClaims {
        user_id: UserId::new(user),
        tenant_id: TenantId::new(tenant),
        session_id: SessionId::new(session),
        token_id: UuidV7.next(),
        person_epoch: 1,
        membership_epoch: 1,
        tenant_epoch: 1,
        issued_at: now - Duration::MINUTE,
        expires_at: now + Duration::HOUR,
    }
}
