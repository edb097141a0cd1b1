//! The golden list: every table, its kind, and the columns that hold its walls. A test compares it with the live schema of
//! both databases, so a table that is not declared here does not get in.
//!
//! Two entities may stand for one table where two doors see different parts of it: `tenants` is the platform's, and its one
//! row is the tenant's own; so are `support_grants`, of which each tenant has its own; of `jobs` the dispatcher sees no
//! payload, and of `tenants` which are in use; of `sessions` a person sees which are theirs and ends them.

use cotenant_scoped::table::{DispatchTable, OwnTable, PersonTable, PlatformTable, StoreTable, TenantTable};
use cotenant_scoped::{Decides, Guard, Guarded, Revocable, Wall, WallRule};

use crate::{
    access, addresses, audit, idempotency, identity, invitations, jobs, members, password_resets, platform, products,
    roles, services, stores, support, tenants,
};

macro_rules! guarded {
    ($($feature:ident::$module:ident: $kind:ident $(tenant $tenant:ident)? $(person $person:ident)? $(store $store:ident)?
       $(soft $at:ident $act:ident)? $(decides $decides:ident)? $(rights $rights:ident)?
       $(fixed $($fixed:ident)+)?;)*) => {
        $(
        impl Guarded for $feature::$module::Entity {
            type Kind = $kind;
            const GUARD: Guard<$feature::$module::Column> = {
                let guard = Guard::open();
                $(let guard = guard.tenant($feature::$module::Column::$tenant);)?
                $(let guard = guard.person($feature::$module::Column::$person);)?
                $(let guard = guard.store($feature::$module::Column::$store);)?
                $(let guard = guard.soft_delete($feature::$module::Column::$at, $feature::$module::Column::$act);)?
                $(let guard = guard.fixed(&[$($feature::$module::Column::$fixed),+]);)?
                $(let guard = guard.decides(Decides::$decides);)?
                $(let guard = guard.rights_version($feature::$module::Column::$rights);)?
                guard
            };
        }
        )*

        /// Every declaration of the golden list.
        pub fn tables() -> Vec<Declared> {
            use sea_orm::EntityName;
            vec![$(Declared {
                name: $feature::$module::Entity.table_name(),
                kind: stringify!($kind),
                tenant: [$(stringify!($tenant))?].first().copied(),
                store: [$(stringify!($store))?].first().copied(),
            }),*]
        }
    };
}

/// How an entity was declared.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// Its table or view.
    pub name: &'static str,
    /// Its kind: a type of [`cotenant_scoped::table`].
    pub kind: &'static str,
    /// The column variant that names the tenant.
    pub tenant: Option<&'static str>,
    /// The column variant that names the store.
    pub store: Option<&'static str>,
}

guarded! {
    access::api_key_access: TenantTable tenant TenantId;
    access::member_access: TenantTable tenant TenantId;
    access::operator_access: PlatformTable;
    access::service_access: TenantTable tenant TenantId;
    access::session_access: TenantTable tenant TenantId;
    access::support_access: TenantTable tenant TenantId;
    audit::event: TenantTable tenant TenantId fixed Seq Id;
    audit::head: TenantTable tenant TenantId;
    idempotency::answer: TenantTable tenant TenantId fixed Id Fingerprint CreatedAt;
    idempotency::platform_answer: PlatformTable fixed Id Fingerprint CreatedAt;
    identity::credential: PersonTable fixed UserId;
    identity::own_membership: OwnTable person UserId;
    identity::own_session: OwnTable person UserId fixed TenantId Id;
    identity::session: TenantTable tenant TenantId fixed Id UserId FamilyHash;
    identity::user: PersonTable fixed Id;
    invitations::entity: TenantTable tenant TenantId fixed Id;
    jobs::due: DispatchTable fixed TenantId Id;
    jobs::entity: TenantTable tenant TenantId fixed Id;
    jobs::platform_due: DispatchTable fixed Id;
    jobs::platform_entity: PlatformTable fixed Id;
    jobs::schedule: PlatformTable fixed Kind;
    jobs::tenant_in_use: DispatchTable fixed Id;
    members::directory: TenantTable tenant TenantId;
    members::grants: TenantTable tenant TenantId;
    members::membership: TenantTable tenant TenantId decides Rows fixed UserId;
    members::user_role: TenantTable tenant TenantId decides Rows;
    members::user_store_role: StoreTable tenant TenantId store StoreId decides Rows;
    password_resets::entity: PersonTable fixed Id;
    addresses::entity: PersonTable fixed Id;
    platform::audit_event: PlatformTable fixed Id;
    platform::bootstrap: PlatformTable;
    platform::operator: PlatformTable fixed UserId;
    platform::operator_session: PlatformTable fixed Id UserId;
    platform::tenant: PlatformTable decides Contents rights AccessVersion fixed Id;
    products::entity: StoreTable tenant TenantId store StoreId soft DeletedAt DeletionId fixed Id;
    roles::entity: TenantTable tenant TenantId soft DeletedAt DeletionId decides Rows fixed Id;
    services::account: TenantTable tenant TenantId soft DeletedAt DeletionId decides Contents fixed Id;
    services::api_key: TenantTable tenant TenantId fixed Id ServiceAccountId Hash;
    services::grants: TenantTable tenant TenantId;
    services::service_role: TenantTable tenant TenantId decides Rows;
    services::service_store_role: StoreTable tenant TenantId store StoreId decides Rows;
    stores::entity: StoreTable tenant TenantId store Id soft DeletedAt DeletionId decides Liveness;
    support::grant: PlatformTable fixed TenantId Id OperatorId Reason MayWrite Hash TenantEpoch CreatedAt ExpiresAt;
    support::own: TenantTable tenant TenantId
        fixed Id OperatorId Reason MayWrite Hash TenantEpoch CreatedAt ExpiresAt;
    tenants::own: TenantTable tenant Id decides Contents rights AccessVersion;
}

impl Revocable for jobs::due::Entity {}
impl Revocable for jobs::platform_due::Entity {}
impl Revocable for members::user_role::Entity {}
impl Revocable for members::user_store_role::Entity {}
impl Revocable for addresses::entity::Entity {}
impl Revocable for idempotency::answer::Entity {}
impl Revocable for idempotency::platform_answer::Entity {}
impl Revocable for password_resets::entity::Entity {}
impl Revocable for services::service_role::Entity {}
impl Revocable for services::service_store_role::Entity {}
impl Revocable for platform::operator::Entity {}

/// What a person changes of none of their sessions: all but the end.
const OF_A_SESSION: &[&str] = &[
    "tenant_id",
    "id",
    "user_id",
    "membership_epoch",
    "tenant_epoch",
    "agent",
    "address",
    "created_at",
    "last_used_at",
    "idle_expires_at",
    "expires_at",
    "family_hash",
    "refresh_hash",
    "previous_hash",
    "previous_salt",
    "previous_used_at",
];

/// Which jobs the dispatcher does not purge.
const QUEUED: (&str, &str) = ("status", "queued");

/// What a tenant changes of no support grant: all but its end and the note of its use.
const OF_A_GRANT: &[&str] =
    &["tenant_id", "id", "operator_id", "reason", "may_write", "hash", "tenant_epoch", "created_at", "expires_at"];

/// Who may write which table; SQLite's triggers are made of it. Views are left out: they cannot be written.
pub const WALLS: &[Wall] = &[
    Wall { table: "address_changes", rule: WallRule::Person },
    Wall { table: "api_keys", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "audit_events", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "audit_heads", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "bootstrap", rule: WallRule::Platform },
    Wall { table: "credentials", rule: WallRule::Person },
    Wall { table: "invitations", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "job_schedules", rule: WallRule::Platform },
    Wall { table: "jobs", rule: WallRule::TenantOrDispatcher { tenant: "tenant_id", stays: QUEUED } },
    Wall { table: "kept_answers", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "operator_sessions", rule: WallRule::Platform },
    Wall { table: "operators", rule: WallRule::Platform },
    Wall { table: "password_resets", rule: WallRule::Person },
    Wall { table: "platform_audit_events", rule: WallRule::Platform },
    Wall { table: "platform_jobs", rule: WallRule::PlatformOrDispatcher { stays: QUEUED } },
    Wall { table: "platform_kept_answers", rule: WallRule::Platform },
    Wall { table: "products", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "roles", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "service_accounts", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "service_roles", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "service_store_roles", rule: WallRule::Tenant("tenant_id") },
    Wall {
        table: "sessions",
        rule: WallRule::TenantOrPerson { tenant: "tenant_id", person: "user_id", ends: "ended_at", kept: OF_A_SESSION },
    },
    Wall { table: "stores", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "support_grants", rule: WallRule::PlatformOrPartOfOwn { tenant: "tenant_id", kept: OF_A_GRANT } },
    Wall { table: "tenant_users", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "tenants", rule: WallRule::PlatformOrOwn("id") },
    Wall { table: "user_roles", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "user_store_roles", rule: WallRule::Tenant("tenant_id") },
    Wall { table: "users", rule: WallRule::Person },
];
