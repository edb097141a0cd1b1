//! Thousands of creates through the use cases, two thirds of them given up midway, on a pool of four connections, and a
//! ledger of what was acknowledged.
//!
//! What is guarded against: a `begin` that is dropped midway can leave its connection in PostgreSQL's pool inside a
//! transaction that nobody ends. See `crates/scoped/src/lease.rs`, whose guard closes such a connection. Without it (with
//! `Unsettled` ended like `Open`) the next borrowers find themselves inside somebody else's transaction, and PostgreSQL's
//! half fails with hundreds of "cannot execute INSERT in a read-only transaction" and "outside the scope". SQLite's
//! driver ends a begin that nobody waits for by itself; its half stays green and shows that this remains so.

use std::collections::BTreeSet;
use std::sync::Arc;

use cotenant_domain::Deps;
use cotenant_domain::stores::{OpenStore, StoreError, StoreId, open, view};
use cotenant_domain::tenancy::{
    Bearer, MemberActor, Origin, ShownToken, TenantScoped, authenticate, authenticate_to_write,
};
use cotenant_tests::{Client, FreshDatabase, Kind, TestServer, eventually, on_both_databases, prove};
use secrecy::SecretString;
use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};
use tokio::task::JoinSet;

use cotenant_tests::dice::Dice;

on_both_databases! {
    what_was_acknowledged_survives_a_storm_of_cancellations;
}

const AT_ONCE: u64 = 16;
/// More than a create waits, so that its commit is met too.
const MOST_WAITS: u64 = 12;

#[derive(Default)]
struct Ledger {
    /// Store and the tenant whose it is, by its place.
    acknowledged: Vec<(usize, StoreId)>,
    /// Given up: these may be there or not.
    unknown: Vec<(usize, StoreId)>,
    /// Nothing was wrong with any request, so that none may fail.
    failed: Vec<String>,
}

// Attacks: 15.
async fn what_was_acknowledged_survives_a_storm_of_cancellations(database: FreshDatabase) {
    let few = [("COTENANT__DATABASE__MAX_CONNECTIONS", "4"), ("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "60000")];
    let server = TestServer::start_with(database, &few).await;
    let owners = [server.bootstrap("acme").await, server.tenant("globex", "owner@globex.example").await];
    let tokens = Arc::new([token(&owners[0]), token(&owners[1])]);
    let actors = Arc::new([actor(&server.deps, &owners[0]).await, actor(&server.deps, &owners[1]).await]);

    let mut storm = JoinSet::new();
    for task in 0..AT_ONCE {
        storm.spawn(creates(server.deps.clone(), tokens.clone(), actors.clone(), task, attempts() / AT_ONCE));
    }
    let mut ledger = Ledger::default();
    while let Some(part) = storm.join_next().await {
        let part = part.unwrap();
        ledger.acknowledged.extend(part.acknowledged);
        ledger.unknown.extend(part.unknown);
        ledger.failed.extend(part.failed);
    }
    assert_eq!(ledger.failed, Vec::<String>::new(), "no request was wrong, so none may fail");
    for many in [ledger.acknowledged.len(), ledger.unknown.len()] {
        assert!(many as u64 > attempts() / 10, "{many} of {} is no storm", attempts());
    }

    nothing_is_left_open(&server.database).await;
    the_pool_still_serves(&server.deps, &actors).await;
    let took_effect = compare(&ledger, &server, &actors).await;
    let [acknowledged, given_up, took_effect] =
        [ledger.acknowledged.len(), ledger.unknown.len(), took_effect].map(|many| many as u64);
    let told = [
        ("acknowledged", acknowledged),
        ("given up", given_up),
        ("of these took effect", took_effect),
        ("lost writes", 0),
        ("double effects", 0),
    ];
    prove::figures("cancel storm", &format!("{:?}", server.database.kind), &told);
    server.stop().await;
}

fn attempts() -> u64 {
    prove::times(3_000, 12_000)
}

fn token(owner: &Client) -> SecretString {
    SecretString::from(owner.token.clone().unwrap())
}

async fn actor(deps: &Deps, owner: &Client) -> MemberActor {
    let shown = ShownToken::read(&token(owner), &*deps.verifier, deps.clock.now()).unwrap();
    let bearer = authenticate(&shown, Origin::default(), &*deps.access, &*deps.clock).await;
    bearer.unwrap().member().unwrap()
}

async fn creates(
    deps: Deps,
    tokens: Arc<[SecretString; 2]>,
    actors: Arc<[MemberActor; 2]>,
    task: u64,
    count: u64,
) -> Ledger {
    let (mut dice, mut ledger) = (Dice::seeded(prove::seed("cancel storm") + task), Ledger::default());
    for n in 0..count {
        let whose = dice.roll(2) as usize;
        let (id, fate) = (StoreId::new(deps.ids.next()), dice.fate(MOST_WAITS));
        match fate.befalls(requested(&deps, &tokens[whose], store(id, &format!("T{task}-{n}")))).await {
            Some(Ok(())) => ledger.acknowledged.push((whose, id)),
            Some(Err(error)) => ledger.failed.push(error),
            None => ledger.unknown.push((whose, id)),
        }
        // Other doors and readers come between, given up as often.
        let outcome = match dice.roll(3) {
            0 => dice.fate(4).befalls(view(&actors[1 - whose], &deps, id, false)).await.and_then(|seen| match seen {
                Err(StoreError::NotFound) => None,
                Err(error) => Some(told(&error)),
                Ok(_) => Some(format!("tenant {} saw a store of tenant {whose}", 1 - whose)),
            }),
            1 => dice.fate(4).befalls(deps.db.ping()).await.and_then(Result::err).map(|error| told(&error)),
            _ => dice.fate(4).befalls(meet_nobody(&deps)).await.and_then(Result::err).map(|error| told(&error)),
        };
        ledger.failed.extend(outcome);
    }
    ledger
}

/// As a request does it: the access is read in the transaction that then writes.
async fn requested(deps: &Deps, token: &SecretString, cmd: OpenStore) -> Result<(), String> {
    let (verifier, access, clock) = (&*deps.verifier, &*deps.access, &*deps.clock);
    let shown = ShownToken::read(token, verifier, clock.now()).map_err(|error| told(&error))?;
    let actor = authenticate_to_write(&shown, Origin::default(), access, clock).await;
    let actor = actor.and_then(Bearer::member).map_err(|error| told(&error))?;
    open(&actor, deps, cmd).await.map(|_| ()).map_err(|error| told(&error))
}

/// Goes through the person door.
async fn meet_nobody(deps: &Deps) -> Result<(), cotenant_domain::shared::RepositoryError> {
    let unit = deps.db.person().await?;
    let nobody = unit.people().find_by_email(&"nobody@cotenant.example".parse().unwrap()).await?;
    assert!(nobody.is_none());
    Ok(())
}

fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn store(id: StoreId, code: &str) -> OpenStore {
    OpenStore {
        id: Some(id),
        name: code.parse().unwrap(),
        code: code.parse().unwrap(),
        timezone: "UTC".parse().unwrap(),
        currency: "KES".parse().unwrap(),
        is_active: true,
    }
}

/// No connection is inside a transaction, once those that were given up are back in the pool.
async fn nothing_is_left_open(database: &FreshDatabase) {
    match database.kind {
        Kind::Postgres => {
            let mut watch = PgConnection::connect(&database.url).await.unwrap();
            eventually("no connection waits inside a transaction", async || {
                let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                            AND application_name = 'cotenant' AND state LIKE 'idle in transaction%'";
                watch.fetch_one(open).await.unwrap().get::<i64, _>(0) == 0
            })
            .await;
            watch.close().await.unwrap();
        }
        Kind::Sqlite => {
            let mut other = SqliteConnection::connect(&database.url).await.unwrap();
            other.execute("PRAGMA busy_timeout = 0").await.unwrap();
            eventually("another process may write", async || other.execute("BEGIN IMMEDIATE").await.is_ok()).await;
            other.execute("ROLLBACK").await.unwrap();
            other.close().await.unwrap();
        }
    }
}

/// More at once than there are connections: each of them is used, by both tenants.
async fn the_pool_still_serves(deps: &Deps, actors: &Arc<[MemberActor; 2]>) {
    let mut after = JoinSet::new();
    for n in 0..2 * AT_ONCE as usize {
        let (deps, actors) = (deps.clone(), actors.clone());
        after.spawn(async move {
            let actor = &actors[n % 2];
            let id = StoreId::new(deps.ids.next());
            open(actor, &deps, store(id, &format!("AFTER-{n}"))).await.unwrap();
            assert_eq!(view(actor, &deps, id, false).await.unwrap().tenant_id(), actor.tenant_id());
        });
    }
    while let Some(done) = after.join_next().await {
        done.unwrap();
    }
}

/// Compares the ledger with the database, read through connections that were not in the storm. Answers how many of the
/// creates that were given up are there.
async fn compare(ledger: &Ledger, server: &TestServer, actors: &[MemberActor; 2]) -> usize {
    let fresh = Deps { db: Arc::new(server.database.adapters()), ..server.deps.clone() };
    let mut lost = Vec::new();
    let mut there = BTreeSet::new();
    for (whose, id) in &ledger.acknowledged {
        match view(&actors[*whose], &fresh, *id, false).await {
            Ok(store) => assert!(there.insert(store.base.id)),
            Err(error) => lost.push((*whose, *id, told(&error))),
        }
    }
    assert!(lost.is_empty(), "{} acknowledged creates were lost: {lost:?}", lost.len());
    let mut took_effect = 0;
    for (whose, id) in &ledger.unknown {
        took_effect += usize::from(view(&actors[*whose], &fresh, *id, false).await.is_ok());
    }
    let (stores, events) = totals(&server.database).await;
    let expected = ledger.acknowledged.len() + took_effect + 2 * AT_ONCE as usize;
    assert_eq!(
        (stores, events),
        (expected as i64, expected as i64),
        "a store and its audit event come together or not"
    );
    took_effect
}

/// How many stores there are, and how many events that tell of their opening.
async fn totals(database: &FreshDatabase) -> (i64, i64) {
    let sql = "SELECT (SELECT count(*) FROM stores), (SELECT count(*) FROM audit_events WHERE action = 'store.opened')";
    match database.kind {
        Kind::Postgres => {
            let row = PgConnection::connect(&database.url).await.unwrap().fetch_one(sql).await.unwrap();
            (row.get(0), row.get(1))
        }
        Kind::Sqlite => {
            let row = SqliteConnection::connect(&database.url).await.unwrap().fetch_one(sql).await.unwrap();
            (row.get(0), row.get(1))
        }
    }
}
