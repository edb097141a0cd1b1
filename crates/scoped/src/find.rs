use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, ModelTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, Value,
};
use uuid::Uuid;

use crate::door::{Door, Opens};
use crate::error::Error;
use crate::filter::Filter;
use crate::scope::{Scope, Stores};
use crate::table::{Guard, Guarded};
use crate::transaction::{Mode, Transaction, Writing};

/// Which way rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Which rows the soft-delete wall lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Liveness {
    /// Live ones.
    Live,
    /// Deleted ones.
    Deleted,
    /// Both.
    Any,
}

/// A select on one table, scoped from its first moment.
pub struct Find<'t, E: Guarded, D, M> {
    transaction: &'t Transaction<D, M>,
    select: Select<E>,
    liveness: Liveness,
}

impl<D: Door, M: Mode> Transaction<D, M> {
    /// Selects rows of a table that this transaction's door opens to.
    pub fn find<E: Guarded>(&self) -> Find<'_, E, D, M>
    where
        D: Opens<E::Kind>,
    {
        Find { transaction: self, select: E::find(), liveness: Liveness::Live }
    }

    /// Compares a row with the scope, read or about to be written. A row outside of it ends the transaction's use.
    pub(crate) fn admit_row<E: Guarded>(&self, row: &E::Model) -> Result<(), Error> {
        let checked = check::<E>(row, self.scope.as_ref(), self.person);
        if checked.is_err() {
            self.lease.spoil();
        }
        checked
    }

    /// The condition that every statement on `E` carries.
    pub(crate) fn wall<E: Guarded>(&self, liveness: Liveness) -> Result<Condition, Error> {
        wall_of::<E>(self.scope.as_ref(), self.person, liveness)
    }
}

/// # Errors
///
/// Fails closed: a table with a wall column whose value the transaction does not have cannot be touched.
fn wall_of<E: Guarded>(scope: Option<&Scope>, person: Option<Uuid>, liveness: Liveness) -> Result<Condition, Error> {
    let guard: Guard<E::Column> = E::GUARD;
    let mut wall = Condition::all();
    if let Some(column) = guard.tenant {
        // The dispatcher alone sees the tenant's column without standing in a tenant; its tables declare no such wall.
        let scope = scope.ok_or(Error::OutOfScope)?;
        wall = wall.add(column.eq(scope.tenant()));
        if let (Some(store), Stores::Only(stores)) = (guard.store, scope.stores()) {
            wall = wall.add(store.is_in(stores.iter().copied()));
        }
    }
    if let Some(column) = guard.person {
        wall = wall.add(column.eq(person.ok_or(Error::OutOfScope)?));
    }
    match (guard.deleted, liveness) {
        (Some(column), Liveness::Live) => wall = wall.add(column.is_null()),
        (Some(column), Liveness::Deleted) => wall = wall.add(column.is_not_null()),
        _ => {}
    }
    Ok(wall)
}

/// What the database has read it has filtered already; a row that fails here shows that a wall is broken, and nothing of it
/// gets out.
fn check<E: Guarded>(model: &E::Model, scope: Option<&Scope>, person: Option<Uuid>) -> Result<(), Error> {
    let guard = E::GUARD;
    let id = |column: E::Column| match model.get(column) {
        Value::Uuid(id) => id,
        _ => None,
    };
    if let Some(column) = guard.tenant {
        let scope = scope.ok_or(Error::OutOfScope)?;
        let store_ok = guard.store.is_none_or(|store| id(store).is_some_and(|store| scope.reaches(store)));
        if id(column) != Some(scope.tenant()) || !store_ok {
            tracing::error!(table = E::default().table_name(), "a row outside the scope was refused");
            return Err(Error::OutOfScope);
        }
    }
    if let Some(column) = guard.person
        && (person.is_none() || id(column) != person)
    {
        tracing::error!(table = E::default().table_name(), "a row of another person was refused");
        return Err(Error::OutOfScope);
    }
    Ok(())
}

impl<E: Guarded, D: Door, M: Mode> Find<'_, E, D, M>
where
    E::Model: Send + Sync,
{
    /// Narrows to rows for which the filter holds.
    #[must_use]
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.select = self.select.filter(filter.into_condition());
        self
    }

    /// Shows deleted rows too.
    #[must_use]
    pub fn with_deleted(mut self) -> Self {
        self.liveness = Liveness::Any;
        self
    }

    /// Orders by a column; called again, ties are ordered by the next.
    #[must_use]
    pub fn order_by(mut self, column: E::Column, order: Order) -> Self {
        self.select = match order {
            Order::Ascending => self.select.order_by_asc(column),
            Order::Descending => self.select.order_by_desc(column),
        };
        self
    }

    /// Begins after a row (keyset pagination): the columns, in the order they are sorted by, and that row's values.
    #[must_use]
    pub fn after(mut self, columns: Vec<E::Column>, values: Vec<Value>, order: Order) -> Self {
        let left = Expr::tuple(columns.into_iter().map(|column| column.into_expr()));
        let right = Expr::tuple(values.into_iter().map(Expr::val));
        let beyond = match order {
            Order::Ascending => left.gt(right),
            Order::Descending => left.lt(right),
        };
        self.select = self.select.filter(beyond);
        self
    }

    /// At most so many rows.
    #[must_use]
    pub fn limit(mut self, rows: u64) -> Self {
        self.select = self.select.limit(rows);
        self
    }

    /// The rows.
    ///
    /// # Errors
    ///
    /// Those of the database; [`Error::OutOfScope`] where a wall is broken.
    pub async fn all(self) -> Result<Vec<E::Model>, Error> {
        let wall = self.transaction.wall::<E>(self.liveness)?;
        let rows = self.select.filter(wall).all(&self.transaction.lease).await?;
        for row in &rows {
            self.transaction.admit_row::<E>(row)?;
        }
        Ok(rows)
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// As [`Find::all`].
    pub async fn one(self) -> Result<Option<E::Model>, Error> {
        let wall = self.transaction.wall::<E>(self.liveness)?;
        let row = self.select.filter(wall).one(&self.transaction.lease).await?;
        if let Some(row) = &row {
            self.transaction.admit_row::<E>(row)?;
        }
        Ok(row)
    }

    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// As [`Find::all`].
    pub async fn count(self) -> Result<u64, Error> {
        let wall = self.transaction.wall::<E>(self.liveness)?;
        Ok(self.select.filter(wall).count(&self.transaction.lease).await?)
    }
}

impl<E: Guarded, D: Door> Find<'_, E, D, Writing> {
    /// Locks the rows until the transaction ends. SQLite needs no such lock: it has one writer at a time.
    #[must_use]
    pub fn lock(mut self) -> Self {
        self.select = self.select.lock_exclusive();
        self
    }

    /// Locks the rows against changes and against each other's locks until the transaction ends, and leaves those alone who
    /// write rows that refer to them.
    #[must_use]
    pub fn lock_weakly(mut self) -> Self {
        self.select = self.select.lock(LockType::NoKeyUpdate);
        self
    }

    /// Locks the rows and passes over those that somebody else has locked.
    #[must_use]
    pub fn lock_free(mut self) -> Self {
        self.select = self.select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        self
    }
}
