//! The golden list as the rules ask it.

use crate::tables::{Declared, WALLS, tables};

/// Every reference: from which table, by which column (beside the tenant's, where it carries that too), to which table.
const REFERENCES: &[(&str, &str, &str)] = &[
    ("api_keys", "service_account_id", "service_accounts"),
    ("audit_events", "tenant_id", "tenants"),
    ("audit_heads", "tenant_id", "tenants"),
    ("credentials", "user_id", "users"),
    ("invitations", "tenant_id", "tenants"),
    ("jobs", "tenant_id", "tenants"),
    ("kept_answers", "tenant_id", "tenants"),
    ("operator_sessions", "user_id", "users"),
    ("operators", "user_id", "users"),
    ("address_changes", "user_id", "users"),
    ("password_resets", "user_id", "users"),
    ("products", "store_id", "stores"),
    ("roles", "tenant_id", "tenants"),
    ("service_accounts", "tenant_id", "tenants"),
    ("service_roles", "role_id", "roles"),
    ("service_roles", "service_account_id", "service_accounts"),
    ("service_store_roles", "role_id", "roles"),
    ("service_store_roles", "service_account_id", "service_accounts"),
    ("service_store_roles", "store_id", "stores"),
    ("sessions", "user_id", "tenant_users"),
    ("stores", "tenant_id", "tenants"),
    ("support_grants", "operator_id", "users"),
    ("support_grants", "tenant_id", "tenants"),
    ("tenant_users", "tenant_id", "tenants"),
    ("tenant_users", "user_id", "users"),
    ("user_roles", "role_id", "roles"),
    ("user_roles", "user_id", "tenant_users"),
    ("user_store_roles", "role_id", "roles"),
    ("user_store_roles", "store_id", "stores"),
    ("user_store_roles", "user_id", "tenant_users"),
];

/// What the program expects of its database.
#[derive(Debug, Clone)]
pub struct Golden {
    /// Every declaration. A table that two doors see has two.
    pub tables: Vec<Declared>,
    /// The tables that SQLite's triggers guard against foreign writes.
    pub walls: Vec<&'static str>,
    /// Every reference: table, column, and the table referred to.
    pub references: Vec<(&'static str, &'static str, &'static str)>,
    /// Whether this is production, where nothing is let pass.
    pub production: bool,
}

impl Golden {
    /// What this program declares.
    pub fn of_the_program(production: bool) -> Self {
        let walls = WALLS.iter().map(|wall| wall.table).collect();
        Self { tables: tables(), walls, references: REFERENCES.to_vec(), production }
    }

    fn of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Declared> {
        self.tables.iter().filter(move |declared| declared.name == table)
    }

    /// Whether somebody declared it.
    pub(super) fn knows(&self, table: &str) -> bool {
        self.of(table).next().is_some()
    }

    /// Whether it was declared as this kind, perhaps among others.
    pub(super) fn is(&self, table: &str, kind: &str) -> bool {
        self.of(table).any(|declared| declared.kind == kind)
    }

    fn tenant_column(&self, table: &str) -> Option<String> {
        let mut owned = self.of(table).filter(|t| t.kind == "TenantTable" || t.kind == "StoreTable");
        owned.find_map(|declared| declared.tenant).map(column)
    }

    /// The column that names the tenant, of a table whose rows tenants own.
    pub(super) fn owned(&self, table: &str) -> Option<String> {
        self.tenant_column(table).filter(|_| !self.is(table, "PlatformTable"))
    }

    /// The column that is the tenant, of a table of the platform's whose rows are each about one tenant, which sees them.
    pub(super) fn root(&self, table: &str) -> Option<String> {
        self.tenant_column(table).filter(|_| self.is(table, "PlatformTable"))
    }

    /// The column that names the store, of a table whose rows belong to one.
    pub(super) fn store(&self, table: &str) -> Option<String> {
        self.of(table).find_map(|declared| declared.store).map(column)
    }
}

/// The column of a variant: `TenantId` is `tenant_id`.
fn column(variant: &str) -> String {
    let mut column = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !column.is_empty() {
            column.push('_');
        }
        column.push(c.to_ascii_lowercase());
    }
    column
}
