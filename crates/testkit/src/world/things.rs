use cotenant_domain::identity::me;
use cotenant_domain::invitations::StoreRole;
use cotenant_domain::products::{self, CreateProduct, Product};
use cotenant_domain::roles::{self, CreateRole, ListRoles, RoleId, SystemRole};
use cotenant_domain::shared::{Limit, PageRequest, Slug};
use cotenant_domain::stores::{self, OpenStore, Store, StoreId};
use cotenant_domain::tenancy::{Actor, MemberActor, Permission};

use super::World;

impl World {
    /// Opens a store with this code.
    pub async fn store(&self, by: &Actor, code: &str) -> Store {
        let cmd = OpenStore {
            id: None,
            name: format!("Store {code}").parse().unwrap(),
            code: code.parse().unwrap(),
            timezone: "Africa/Nairobi".parse().unwrap(),
            currency: "KES".parse().unwrap(),
            is_active: true,
        };
        stores::open(by, &self.deps, cmd).await.unwrap()
    }

    /// Adds a product with this SKU.
    pub async fn product(&self, by: &Actor, store: StoreId, sku: &str) -> Product {
        let cmd = CreateProduct {
            id: None,
            sku: sku.parse().unwrap(),
            name: format!("Product {sku}").parse().unwrap(),
            price_minor: 12_50,
            currency: "KES".parse().unwrap(),
            stock: 3,
        };
        products::create(by, &self.deps, store, cmd).await.unwrap()
    }

    /// Creates a role with these permissions.
    pub async fn role(&self, by: &Actor, name: &str, permissions: &[Permission]) -> RoleId {
        let permissions = permissions.iter().copied().collect();
        let cmd = CreateRole { id: None, name: name.parse().unwrap(), description: None, permissions };
        roles::create(by, &self.deps, cmd).await.unwrap().base.id
    }

    /// One of the three roles that every tenant has.
    pub async fn system_role(&self, by: &Actor, system: SystemRole) -> RoleId {
        let query = ListRoles {
            page: PageRequest { limit: Limit::nearest(100), ..PageRequest::default() },
            ..Default::default()
        };
        let page = roles::list(by, &self.deps, query).await.unwrap();
        page.items.into_iter().find(|role| role.system == Some(system)).unwrap().base.id
    }

    /// Somebody new who holds these permissions at these stores and nothing else.
    pub async fn keeper(
        &self,
        by: &MemberActor,
        email: &str,
        permissions: &[Permission],
        at: &[StoreId],
    ) -> MemberActor {
        let role_id = self.role(by, &format!("Role of {email}"), permissions).await;
        let store_roles: Vec<_> = at.iter().map(|store_id| StoreRole { store_id: *store_id, role_id }).collect();
        self.join(by, email, &[], &store_roles).await
    }

    /// Somebody new who holds these permissions in the whole tenant and nothing else.
    pub async fn clerk(&self, by: &MemberActor, email: &str, permissions: &[Permission]) -> MemberActor {
        let role_id = self.role(by, &format!("Role of {email}"), permissions).await;
        self.join(by, email, &[role_id], &[]).await
    }

    /// The slug of an actor's tenant.
    pub(super) async fn slug_of(&self, actor: &MemberActor) -> Slug {
        me(actor, &self.deps).await.unwrap().tenant.slug
    }
}
