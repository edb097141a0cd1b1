use uuid::Uuid;

/// The stores that a scope reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stores {
    /// All of the tenant.
    All,
    /// These only.
    Only(Vec<Uuid>),
}

/// One tenant and the stores that are reached in it.
///
/// This crate cannot know how a scope was earned; who uses it admits scopes of its own in as few places as possible (one
/// is enough).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    tenant: Uuid,
    stores: Stores,
}

impl Scope {
    /// A scope of a tenant. The nil UUID is no tenant and reaches nothing.
    pub fn new(tenant: Uuid, stores: Stores) -> Self {
        let stores = if tenant.is_nil() { Stores::Only(Vec::new()) } else { stores };
        Self { tenant, stores }
    }

    /// The tenant.
    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// The stores.
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    pub(crate) fn reaches(&self, store: Uuid) -> bool {
        match &self.stores {
            Stores::All => true,
            Stores::Only(stores) => stores.contains(&store),
        }
    }
}
