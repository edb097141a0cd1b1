//! Entities that are not stored yet, for tests that speak to ports.

use cotenant_domain::identity::{Device, Person, RefreshState, Session, SessionId, UserId};
use cotenant_domain::invitations::{Invitation, InvitationId, InvitationStatus};
use cotenant_domain::members::{Membership, MembershipStatus};
use cotenant_domain::products::{Product, ProductId};
use cotenant_domain::roles::{Role, RoleId};
use cotenant_domain::services::{ApiKey, ApiKeyId, KeyHash, ServiceAccount, ServiceAccountId, ServiceStatus};
use cotenant_domain::stores::{Store, StoreId};
use cotenant_domain::tenancy::{Base, MemberActor, Permission, StoreBase, TenantBase};
use cotenant_domain::tenants::{Tenant, TenantId};
use time::Duration;

use super::World;

impl World {
    /// A store.
    pub fn new_store(&self, tenant: TenantId, code: &str) -> Store {
        Store {
            base: TenantBase::new(StoreId::new(self.deps.ids.next()), tenant, self.deps.clock.now()),
            name: format!("Store {code}").parse().unwrap(),
            code: code.parse().unwrap(),
            timezone: "Africa/Nairobi".parse().unwrap(),
            currency: "KES".parse().unwrap(),
            is_active: true,
        }
    }

    /// A product.
    pub fn new_product(&self, store: &Store, sku: &str) -> Product {
        let id = ProductId::new(self.deps.ids.next());
        Product {
            base: StoreBase::new(id, store.base.tenant_id, store.base.id, self.deps.clock.now()),
            sku: sku.parse().unwrap(),
            name: format!("Product {sku}").parse().unwrap(),
            price_minor: 12_50,
            currency: "KES".parse().unwrap(),
            stock: 3,
        }
    }

    /// A role.
    pub fn new_role(&self, tenant: TenantId, name: &str, permissions: &[Permission]) -> Role {
        Role {
            base: TenantBase::new(RoleId::new(self.deps.ids.next()), tenant, self.deps.clock.now()),
            name: name.parse().unwrap(),
            description: None,
            permissions: permissions.iter().copied().collect(),
            system: None,
        }
    }

    /// An open invitation without roles, by the platform.
    pub fn new_invitation(&self, tenant: TenantId, email: &str) -> Invitation {
        let now = self.deps.clock.now();
        Invitation {
            base: TenantBase::new(InvitationId::new(self.deps.ids.next()), tenant, now),
            email: email.parse().unwrap(),
            status: InvitationStatus::Pending,
            expires_at: now + Duration::DAY,
            invited_by: None,
            role_ids: Vec::new(),
            store_roles: Vec::new(),
            token_hash: None,
        }
    }

    /// A person.
    pub fn new_person(&self, email: &str) -> Person {
        Person {
            base: Base::new(UserId::new(self.deps.ids.next()), self.deps.clock.now()),
            email: email.parse().unwrap(),
            email_verified_at: None,
            display_name: "Somebody".parse().unwrap(),
            epoch: 1,
        }
    }

    /// A service account that is in use.
    pub fn new_service(&self, tenant: TenantId, name: &str) -> ServiceAccount {
        ServiceAccount {
            base: TenantBase::new(ServiceAccountId::new(self.deps.ids.next()), tenant, self.deps.clock.now()),
            name: name.parse().unwrap(),
            description: None,
            status: ServiceStatus::Active,
        }
    }

    /// A key without an end, which nobody has: its hash is of no secret.
    pub fn new_key(&self, account: &ServiceAccount, by: &MemberActor) -> ApiKey {
        ApiKey {
            id: ApiKeyId::new(self.deps.ids.next()),
            tenant_id: account.base.tenant_id,
            account_id: account.base.id,
            name: "Key".parse().unwrap(),
            hash: KeyHash::new([0; 32]),
            created_at: self.deps.clock.now(),
            created_by: by.user_id(),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
            last_used_address: None,
            successor_id: None,
        }
    }

    /// A session that can be renewed for an hour, by nobody: its hashes are of no secret.
    pub fn new_session(&self, tenant_id: TenantId, user_id: UserId) -> Session {
        let now = self.deps.clock.now();
        Session {
            id: SessionId::new(self.deps.ids.next()),
            tenant_id,
            user_id,
            membership_epoch: 1,
            tenant_epoch: 1,
            device: Device::default(),
            created_at: now,
            last_used_at: now,
            idle_expires_at: now + Duration::HOUR,
            expires_at: now + Duration::HOUR,
            ended_at: None,
            refresh: RefreshState { family_hash: [0; 32], hash: [0; 32], previous: None },
        }
    }

    /// An active membership.
    pub fn new_membership(&self, user_id: UserId) -> Membership {
        let now = self.deps.clock.now();
        let status = MembershipStatus::Active;
        Membership { user_id, status, epoch: 1, created_at: now, updated_at: now, version: 1 }
    }

    /// A tenant.
    pub fn new_tenant(&self, slug: &str) -> Tenant {
        let id = TenantId::new(self.deps.ids.next());
        Tenant::new(id, slug.parse().unwrap(), slug.parse().unwrap(), None, self.deps.clock.now())
    }
}
