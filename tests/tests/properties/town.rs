//! Two tenants, made anew for each case over one database, with people, stores and whatever else the case makes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cotenant_domain::identity::{Login, UserId, login};
use cotenant_domain::invitations::StoreRole;
use cotenant_domain::products::ProductId;
use cotenant_domain::roles::{RoleId, SystemRole};
use cotenant_domain::shared::{Fault, IdSource};
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::{MemberActor, Origin, Permission};
use cotenant_testkit::World;
use cotenant_testkit::fakes::CountingSecrets;
use cotenant_testkit::world::PASSWORD;
use secrecy::SecretString;
use uuid::{Builder, Uuid};

use crate::programs::Program;

/// Long after the ids with which a world begins, in milliseconds of Unix time.
const FIRST_ID: u64 = 1_800_000_000_000;
/// More ids than a case can use.
const IDS_OF_A_CASE: u64 = 1_000_000;

/// The ids of one case: the same in every world in which the case is tried.
struct CaseIds(AtomicU64);

impl IdSource for CaseIds {
    fn next(&self) -> Uuid {
        let millis = self.0.fetch_add(1, Ordering::Relaxed);
        Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid()
    }
}

/// Somebody in a tenant.
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) id: UserId,
    token: Option<SecretString>,
}

/// An invitation that may be accepted, once.
pub(crate) struct Open {
    pub(crate) email: String,
    pub(crate) by: usize,
}

/// A tenant, and what was ever made in it.
pub(crate) struct Tenant {
    pub(crate) slug: String,
    pub(crate) people: Vec<Person>,
    pub(crate) stores: Vec<StoreId>,
    pub(crate) products: Vec<(StoreId, ProductId)>,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) invitations: Vec<Open>,
    pub(crate) programs: Vec<Program>,
}

/// Two tenants in a world.
pub(crate) struct Town {
    pub(crate) world: World,
    pub(crate) tenants: [Tenant; 2],
}

impl Town {
    /// Two new tenants, each with an owner and two stores.
    pub(crate) async fn found(world: &World, case: u64) -> Self {
        let mut world = world.clone();
        world.deps.ids = Arc::new(CaseIds(AtomicU64::new(FIRST_ID + case * IDS_OF_A_CASE)));
        world.deps.secrets = Arc::new(CountingSecrets::new());
        let tenants = [tenant(&world, &format!("acme-{case}")).await, tenant(&world, &format!("globex-{case}")).await];
        Self { world, tenants }
    }

    /// More people in both tenants: an admin, a member, a keeper of the first store, who may give roles there, and a
    /// clerk who may invite and write roles and holds little else.
    pub(crate) async fn settle(mut self) -> Self {
        use Permission::{
            InvitationsCreate, MembersRead, MembersUpdate, ProductsCreate, ProductsRead, ProductsUpdate, RolesGrant,
            RolesRead, RolesWrite, ServiceAccountsRead, StoresRead,
        };
        for tenant in &mut self.tenants {
            let world = &self.world;
            let owner = tenant.people[0].actor(world, &tenant.slug).await.unwrap();
            for system in SystemRole::ALL {
                tenant.roles.push(world.system_role(&owner, system).await);
            }
            let keeper = [StoresRead, ProductsRead, ProductsCreate, ProductsUpdate, RolesGrant];
            tenant.roles.push(world.role(&owner, "Keeper", &keeper).await);
            let clerk = [
                RolesRead,
                RolesWrite,
                RolesGrant,
                InvitationsCreate,
                MembersRead,
                MembersUpdate,
                ServiceAccountsRead,
                StoresRead,
            ];
            tenant.roles.push(world.role(&owner, "Clerk", &clerk).await);
            let [_, admin, member, keeper, clerk] = tenant.roles[..] else { panic!("five roles") };
            let at = [StoreRole { store_id: tenant.stores[0], role_id: keeper }];
            let everywhere =
                [("admin", vec![admin]), ("member", vec![member]), ("keeper", vec![]), ("clerk", vec![clerk])];
            for (name, roles) in everywhere {
                let email = format!("{name}@{}.example", tenant.slug);
                let at_stores = if name == "keeper" { at.as_slice() } else { &[] };
                let actor = world.join(&owner, &email, &roles, at_stores).await;
                tenant.people.push(Person { email, id: actor.user_id(), token: None });
            }
        }
        self
    }

    /// Somebody, as their next request would find them.
    pub(crate) async fn actor(&mut self, whose: usize, who: usize) -> Result<MemberActor, &'static str> {
        let tenant = &mut self.tenants[whose];
        let who = who % tenant.people.len();
        tenant.people[who].actor(&self.world, &tenant.slug).await
    }

    /// The owner with whom a tenant began.
    pub(crate) async fn owner(&mut self, whose: usize) -> MemberActor {
        self.actor(whose, 0).await.unwrap()
    }
}

impl Person {
    pub(crate) fn new(email: String, id: UserId) -> Self {
        Self { email, id, token: None }
    }

    /// Goes on with the token while that is good, and signs in again otherwise.
    async fn actor(&mut self, world: &World, slug: &str) -> Result<MemberActor, &'static str> {
        if let Some(token) = &self.token
            && let Ok(actor) = world.authenticate(token).await
        {
            return Ok(actor);
        }
        let cmd = Login {
            email: self.email.parse().unwrap(),
            password: PASSWORD.into(),
            tenant: Some(slug.parse().unwrap()),
        };
        let signed_in = login(&world.deps, &Origin::default(), cmd).await.map_err(|error| error.code())?;
        let actor = world.authenticate(&signed_in.access_token).await.map_err(|error| error.code())?;
        self.token = Some(signed_in.access_token);
        Ok(actor)
    }
}

async fn tenant(world: &World, slug: &str) -> Tenant {
    let email = format!("owner@{slug}.example");
    let owner = world.tenant(slug, &email).await;
    let mut stores = Vec::new();
    for code in ["First", "Second"] {
        stores.push(world.store(&owner, code).await.base.id);
    }
    let people = vec![Person::new(email, owner.user_id())];
    let (products, roles, invitations, programs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    Tenant { slug: slug.to_owned(), people, stores, products, roles, invitations, programs }
}
