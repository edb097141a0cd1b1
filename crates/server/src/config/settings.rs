//! The table of settings: a line here is all it takes to have one.
//!
//! `name: type => rule` makes a field, a key in the files (`section.name`) and a variable (`COTENANT__SECTION__NAME`).
//! Its value goes into `config/default.toml`; tests say when that or `.env.example` is forgotten. The first paragraph of
//! the documentation is what `.env.example` says about it.

use std::net::SocketAddr;
use std::path::PathBuf;

use cotenant_domain::limits::Rate;
use cotenant_domain::mail::Locale;
use cotenant_domain::plans::{Plan, PlanName};
use secrecy::SecretString;

use super::origin::Origins;
use super::reader::Reader;
use super::rules::{
    Addresses, Any, DatabaseUrl, HostName, LogFilter, OtherSender, RedisUrl, Sender, WebAddress, WebOrigins,
};
use super::table::{Key, settings};
use super::value::Setting;
use super::{CacheKind, Environment, LogFormat, MailTls, MailTransport};

settings! {
    /// All settings of one process. What exists has been checked; secrets do not show in `Debug`.
    Config {
        /// Directory of what the server writes for itself.
        ///
        /// Development keeps its secrets here. The database file and the mail directory have settings of their own.
        data_dir: PathBuf,
    }

    /// The HTTP listener and its limits.
    [server] Server {
        /// Address and port to listen on.
        bind: SocketAddr,
        /// Threads that answer requests; 0 is one for each core.
        workers: usize => 0..=1_024,
        /// Largest request body, in bytes.
        body_limit_bytes: usize => 1_024..=67_108_864,
        /// Longest time for one request, in seconds.
        request_timeout_seconds: u64 => 1..=3_600,
        /// Longest time for a client to send the head of a request, in seconds.
        header_timeout_seconds: u64 => 1..=300,
        /// Time that running requests and jobs are given when the server stops, in seconds.
        shutdown_seconds: u64 => 1..=3_600,
        /// Web address under which clients reach the server; one with https has browsers keep to it (HSTS).
        public_url: Option<String> => WebAddress,
        /// Web addresses whose pages may call the API from a browser, separated by commas.
        allowed_origins: Vec<String> => WebOrigins,
        /// Addresses of your proxies, separated by commas: they alone are believed in who a request comes from.
        ///
        /// Without them all clients behind a proxy are one, and share its sign-in limits.
        trusted_proxies: Vec<String> => Addresses,
    }

    /// The database and its connections.
    [database] Database {
        /// Where the data is: sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE.
        url: SecretString => DatabaseUrl,
        /// Most connections held open at a time.
        max_connections: u32 => 1..=10_000,
        /// Longest wait for a free connection, in milliseconds.
        acquire_timeout_ms: u64 => 1..=600_000,
        /// Longest wait for one answer of the database before it counts as away, in milliseconds.
        statement_timeout_ms: u64 => 100..=600_000,
        /// Whether `serve` brings the schema up to date when it starts.
        migrate: bool,
        /// Statements slower than this are logged, in milliseconds; 0 logs every one.
        slow_query_ms: u64 => 0..=3_600_000,
        /// Whether PostgreSQL plans each statement once (force_generic_plan); turn it off on Citus.
        ///
        /// A list with a parameterised limit is planned anew each time otherwise, which costs about a third of it. On
        /// Citus generic plans break joins.
        generic_plans: bool,
    }

    /// Values kept in memory, so that the database is not asked for them again.
    [cache] Cache {
        /// Where values are kept: process (in each server), redis (there, and in a Redis that servers share), or off.
        ///
        /// None of them shows anything stale, with one server or several.
        kind: CacheKind,
        /// Most memory of one server for kept values, in MiB. A tenant has an eighth of it at most.
        size_mib: u64 => 1..=65_536,
        /// The Redis that servers share values in: redis://[:PASSWORD@]HOST[:PORT][/DATABASE].
        redis_url: Option<SecretString> => RedisUrl,
        /// Secret that seals values in Redis, at least 32 bytes; the same at all servers.
        redis_secret: Option<SecretString>,
        /// Longest wait for an answer of Redis before the database is asked, in milliseconds.
        redis_timeout_ms: u64 => 1..=10_000,
    }

    /// Signing in: tokens and password hashes.
    [auth] Auth {
        /// Secret that signs access tokens, at least 32 bytes.
        ///
        /// Whoever knows it can be anybody. Development makes one when neither it nor `key_file` is set.
        signing_key: Option<SecretString>,
        /// File of keys that sign access tokens, instead of one secret; `cotenant keys` makes and changes it.
        ///
        /// Running servers take a changed file within seconds.
        key_file: Option<PathBuf>,
        /// Name that tokens carry as their issuer.
        issuer: String,
        /// Life of an access token, in seconds.
        access_token_seconds: u64 => 60..=86_400,
        /// Life of a session, however much it is used, in hours.
        session_hours: u32 => 1..=8_760,
        /// Life of a session that is not renewed, in hours.
        session_idle_hours: u32 => 1..=8_760,
        /// Time in which a refresh token that was used is answered with the same successor, in seconds; 0 is none.
        ///
        /// The time in which an answer counts as lost on its way.
        refresh_grace_seconds: u64 => 0..=300,
        /// Time in which a forgotten password can be set anew with the token of a message, in minutes.
        password_reset_minutes: u32 => 5..=1_440,
        /// Wrong passwords for one account from one client before each further attempt has to wait.
        ///
        /// The first wait is a second, each is twice the one before, and none is longer than five minutes.
        attempts_at_account: u32 => 1..=1_000_000_000,
        /// Wrong passwords from one client, for whatever accounts, before it has to wait.
        ///
        /// No wait is longer than a minute. Behind a proxy all clients are one.
        attempts_of_client: u32 => 1..=1_000_000_000,
        /// Wrong passwords for one account, from clients that never signed in to it, before they have to wait for each other.
        ///
        /// Clients that signed in to it within thirty days are not touched, so that nobody is locked out by others.
        attempts_of_strangers: u32 => 1..=1_000_000_000,
        /// Messages that set a new password or show an address, which one address gets before each further one has to wait.
        ///
        /// No wait is longer than an hour. What has to wait is not sent at all, and the answer is the same.
        messages_at_address: u32 => 1..=1_000_000_000,
        /// Time in which the tokens of an address that is verified or changed are good, in hours.
        address_change_hours: u32 => 1..=720,
        /// Memory of one password hash (Argon2id), in KiB.
        argon2_memory_kib: u32 => 7_168..=4_194_304,
        /// Passes of one password hash.
        argon2_iterations: u32 => 1..=100,
        /// Lanes of one password hash.
        argon2_parallelism: u32 => 1..=64,
        /// Password hashes computed at a time; 0 is one for every two cores.
        hashing_permits: usize => 0..=1_024,
        /// Sign-ins that wait for a password hash; more are told to come back.
        hashing_queue: usize => 0..=65_536,
    }

    /// The first start of a new system.
    [bootstrap] Bootstrap {
        /// Secret with which the first operator and tenant are made; unset again afterwards.
        ///
        /// Without it the bootstrap route does not exist. Development makes one when it is unset.
        secret: Option<SecretString>,
    }

    /// How much is served to whom.
    [limits] Limits {
        /// Whether requests are counted at all.
        enabled: bool,
        /// The Redis in which several servers count together: redis://[:PASSWORD@]HOST[:PORT][/DATABASE].
        ///
        /// Without it each server counts for itself.
        redis_url: Option<SecretString> => RedisUrl,
        /// Longest wait for Redis, in milliseconds; what it has not answered by then the server counts for itself.
        redis_timeout_ms: u64 => 1..=10_000,
        /// Reading of all members and keys of a tenant together, as REQUESTS/SECONDS; empty is without a limit.
        tenant_read: Option<Rate>,
        /// Writing of all members and keys of a tenant together, as REQUESTS/SECONDS; empty is without a limit.
        tenant_write: Option<Rate>,
        /// Requests with passwords and one-time tokens of all members and keys of a tenant together, as REQUESTS/SECONDS; empty is without a limit.
        tenant_secret: Option<Rate>,
        /// Exported files of all members and keys of a tenant together, as REQUESTS/SECONDS; empty is without a limit.
        tenant_export: Option<Rate>,
        /// Reading of each person, support grant and operator, as REQUESTS/SECONDS; empty is without a limit.
        person_read: Option<Rate>,
        /// Writing of each person, support grant and operator, as REQUESTS/SECONDS; empty is without a limit.
        person_write: Option<Rate>,
        /// Requests with passwords and one-time tokens of each person, support grant and operator, as REQUESTS/SECONDS; empty is without a limit.
        person_secret: Option<Rate>,
        /// Exported files of each person, support grant and operator, as REQUESTS/SECONDS; empty is without a limit.
        person_export: Option<Rate>,
        /// Reading of each key of a service account, as REQUESTS/SECONDS; empty is without a limit.
        key_read: Option<Rate>,
        /// Writing of each key of a service account, as REQUESTS/SECONDS; empty is without a limit.
        key_write: Option<Rate>,
        /// Requests with passwords and one-time tokens of each key of a service account, as REQUESTS/SECONDS; empty is without a limit.
        key_secret: Option<Rate>,
        /// Exported files of each key of a service account, as REQUESTS/SECONDS; empty is without a limit.
        key_export: Option<Rate>,
        /// Reading from each client address that is not signed in, as REQUESTS/SECONDS; empty is without a limit.
        client_read: Option<Rate>,
        /// Writing from each client address that is not signed in, as REQUESTS/SECONDS; empty is without a limit.
        client_write: Option<Rate>,
        /// Requests with passwords and one-time tokens from each client address that is not signed in, as REQUESTS/SECONDS; empty is without a limit.
        client_secret: Option<Rate>,
        /// Exported files from each client address that is not signed in, as REQUESTS/SECONDS; empty is without a limit.
        client_export: Option<Rate>,
    }

    /// Which plans tenants can have.
    [plans] Plans {
        /// Name of the plan that a tenant has for which none was chosen.
        default: PlanName,
        /// All plans, each as NAME [rate=PERCENT] [stores=MOST] [members=MOST] [service_accounts=MOST].
        ///
        /// What is left out is not bounded. `rate` multiplies what `limits` says of the tenant and of its keys.
        offered: Vec<Plan>,
    }

    /// Outgoing mail.
    [mail] Mail {
        /// How mails leave: file (into `directory`) or smtp (to the server `host`).
        transport: MailTransport,
        /// Directory into which mails are written as files instead of being sent.
        directory: Option<PathBuf>,
        /// Sender of all mails; its name is what they call the service. Where a tenant writes: TENANT via NAME.
        from: String => Sender,
        /// Who is answered, where that is not the sender.
        reply_to: Option<String> => OtherSender,
        /// Language of mails to people of no tenant, and of tenants that chose none: en or sw.
        locale: Locale,
        /// Web address of your client's pages, for links in mails; without it mails carry tokens.
        ///
        /// The pages are ADDRESS/accept-invitation, ADDRESS/reset-password and ADDRESS/confirm-address, each with
        /// `#token=...`.
        link: Option<String> => WebAddress,
        /// Name of the mail server, or its address; its certificate has to be for this one.
        host: Option<String> => HostName,
        /// Port of the mail server.
        port: u32 => 1..=65_535,
        /// User at the mail server, where it asks for one.
        user: Option<String>,
        /// Password of the user.
        password: Option<SecretString>,
        /// File that holds the password, instead of the setting.
        password_file: Option<PathBuf>,
        /// Encryption on the way to the mail server: tls (port 465), starttls (587), or none (to this machine only).
        tls: MailTls,
        /// File with certificates (PEM) of an authority of your own, to believe beside Mozilla's.
        authorities_file: Option<PathBuf>,
        /// Longest wait for a connection and for each answer of the mail server, in seconds.
        ///
        /// At most a tenth of jobs.time_limit_seconds: a message takes about ten answers.
        timeout_seconds: u64 => 1..=600,
        /// Most connections to the mail server at a time.
        connections: u32 => 1..=100,
    }

    /// Invitations into a tenant.
    [invitations] Invitations {
        /// Time in which an invitation can be accepted, in hours.
        expires_hours: u32 => 1..=8_760,
    }

    /// Background jobs.
    [jobs] Jobs {
        /// Whether `serve` does jobs itself; turn it off where `cotenant worker` does them.
        in_server: bool,
        /// Jobs that one worker does at a time.
        concurrency: u32 => 1..=1_000,
        /// Jobs of one tenant that all workers together do at a time.
        ///
        /// Lower than the hands of all workers, so that a tenant whose jobs are many and slow leaves some to the others.
        tenant_in_hand: u32 => 1..=100_000,
        /// Pause between two looks for jobs that are due, in milliseconds.
        poll_ms: u64 => 1..=3_600_000,
        /// Time after which a job whose worker has gone silent is given to another, in seconds.
        ///
        /// A worker prolongs its leases three times in this time.
        lease_seconds: u64 => 1..=86_400,
        /// Attempts before a failing job is given up, where its kind does not say.
        max_attempts: u32 => 1..=100,
        /// Longest time for one attempt at a job before it is broken off and counts as failed, in seconds.
        time_limit_seconds: u64 => 1..=86_400,
        /// Time after which jobs that are done are deleted, in hours.
        keep_done_hours: u32 => 1..=87_600,
        /// Time after which jobs that were given up are deleted, in days; so long they can be queued again.
        keep_dead_days: u32 => 1..=3_650,
    }

    /// How long things are kept.
    [retention] Retention {
        /// Time during which what was deleted can be restored, in days.
        deleted_days: u32 => 1..=3_650,
    }

    /// What is logged, and how.
    [log] Log {
        /// Form of the lines: human or json.
        format: LogFormat,
        /// What is logged: a level, or several TARGET=LEVEL separated by commas.
        filter: String => LogFilter,
    }
}
