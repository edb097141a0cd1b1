//! Kinds of table, and how a table is declared.

use sea_orm::EntityTrait;

use crate::rights::Decides;

/// Rows that a tenant owns.
#[derive(Debug, Clone, Copy)]
pub enum TenantTable {}
/// Rows that belong to a store of a tenant, or are stores.
#[derive(Debug, Clone, Copy)]
pub enum StoreTable {}
/// People and what is theirs.
#[derive(Debug, Clone, Copy)]
pub enum PersonTable {}
/// What one verified person may reach of tenants without entering one: by the person's id, never otherwise.
#[derive(Debug, Clone, Copy)]
pub enum OwnTable {}
/// The platform's own rows.
#[derive(Debug, Clone, Copy)]
pub enum PlatformTable {}
/// The columns of the job table that a dispatcher may see.
#[derive(Debug, Clone, Copy)]
pub enum DispatchTable {}

/// Declares which kind of table an entity is, and which of its columns hold the walls. An entity has one declaration, so
/// the choice is exclusive.
pub trait Guarded: EntityTrait {
    /// The kind.
    type Kind;
    /// The columns.
    const GUARD: Guard<Self::Column>;
}

/// An entity whose rows are taken away for good when they end, such as a grant: the only kind with a hard delete.
pub trait Revocable: Guarded {}

/// The columns that hold the walls of a table.
#[derive(Debug, Clone, Copy)]
pub struct Guard<C: 'static> {
    pub(crate) tenant: Option<C>,
    pub(crate) store: Option<C>,
    pub(crate) person: Option<C>,
    pub(crate) deleted: Option<C>,
    pub(crate) deletion: Option<C>,
    pub(crate) fixed: &'static [C],
    pub(crate) decides: Decides,
    pub(crate) rights_version: Option<C>,
}

impl<C: Copy + 'static> Guard<C> {
    /// A table without a wall column: people and the platform.
    pub const fn open() -> Self {
        Self {
            tenant: None,
            store: None,
            person: None,
            deleted: None,
            deletion: None,
            fixed: &[],
            decides: Decides::Nothing,
            rights_version: None,
        }
    }

    /// Rows belong to the tenant in this column.
    pub const fn tenant(self, column: C) -> Self {
        Self { tenant: Some(column), ..self }
    }

    /// A verified person may see the rows where this column holds the person's id.
    pub const fn person(self, column: C) -> Self {
        Self { person: Some(column), ..self }
    }

    /// Rows belong to the store in this column.
    pub const fn store(self, column: C) -> Self {
        Self { store: Some(column), ..self }
    }

    /// Rows with `at` set are deleted, in the act that `act` names.
    pub const fn soft_delete(self, at: C, act: C) -> Self {
        Self { deleted: Some(at), deletion: Some(act), ..self }
    }

    /// Columns that never change once a row is there, beside tenant and store: the id above all.
    pub const fn fixed(self, columns: &'static [C]) -> Self {
        Self { fixed: columns, ..self }
    }

    /// Which writes change what somebody may do.
    pub const fn decides(self, decides: Decides) -> Self {
        Self { decides, ..self }
    }

    /// This column counts the changes of what somebody may do.
    pub const fn rights_version(self, column: C) -> Self {
        Self { rights_version: Some(column), ..self }
    }
}
