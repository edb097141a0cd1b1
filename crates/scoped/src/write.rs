use sea_orm::sea_query::{Expr, ExprTrait, Iden, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue, IntoActiveModel, Iterable, PrimaryKeyToColumn, QueryFilter, TryInsertResult,
    UpdateMany, Value,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::door::{Door, Opens};
use crate::error::Error;
use crate::filter::Filter;
use crate::find::Liveness;
use crate::rights::Decides;
use crate::table::{Guarded, Revocable};
use crate::transaction::{Transaction, Writing};

/// A change of rows of one table within the scope.
pub struct Change<'t, E: Guarded, D> {
    transaction: &'t Transaction<D, Writing>,
    update: UpdateMany<E>,
    liveness: Liveness,
    kind: Decides,
    refused: bool,
    raises: bool,
}

impl<D: Door> Transaction<D, Writing> {
    /// Adds a row. Its tenant and store must be the scope's.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfScope`] for a row of another tenant or of a store that is not reached.
    pub async fn insert<E: Guarded>(&self, model: E::Model) -> Result<(), Error>
    where
        D: Opens<E::Kind>,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        self.admit_row::<E>(&model)?;
        E::insert(all_set::<E>(model)).exec_without_returning(&self.lease).await?;
        self.lease.rights.wrote(Decides::Rows, E::GUARD.decides);
        Ok(())
    }

    /// Adds a row unless its primary key is there already; `false` where it was.
    ///
    /// # Errors
    ///
    /// As [`Transaction::insert`].
    pub async fn insert_new<E: Guarded>(&self, model: E::Model) -> Result<bool, Error>
    where
        D: Opens<E::Kind>,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        self.admit_row::<E>(&model)?;
        let key = <E::PrimaryKey as Iterable>::iter().map(PrimaryKeyToColumn::into_column);
        let result =
            E::insert(all_set::<E>(model)).on_conflict_do_nothing_on(key).exec_without_returning(&self.lease).await?;
        let inserted = matches!(result, TryInsertResult::Inserted(rows) if rows > 0);
        if inserted {
            self.lease.rights.wrote(Decides::Rows, E::GUARD.decides);
        }
        Ok(inserted)
    }

    /// Adds a row unless a unique rule, whichever, is against it; `false` where one was.
    ///
    /// # Errors
    ///
    /// As [`Transaction::insert`].
    pub async fn insert_unless_taken<E: Guarded>(&self, model: E::Model) -> Result<bool, Error>
    where
        D: Opens<E::Kind>,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        self.admit_row::<E>(&model)?;
        let unless = OnConflict::new().do_nothing().to_owned();
        let rows = E::insert(all_set::<E>(model)).on_conflict(unless).exec_without_returning(&self.lease).await?;
        if rows > 0 {
            self.lease.rights.wrote(Decides::Rows, E::GUARD.decides);
        }
        Ok(rows > 0)
    }

    fn wrote<E: Guarded>(&self, kind: Decides, raises: bool, any: bool) {
        if any && raises {
            self.lease.rights.raised();
        } else if any {
            self.lease.rights.wrote(kind, E::GUARD.decides);
        }
    }

    /// Changes live rows.
    pub fn update<E: Guarded>(&self) -> Change<'_, E, D>
    where
        D: Opens<E::Kind>,
    {
        Change {
            transaction: self,
            update: E::update_many(),
            liveness: Liveness::Live,
            kind: Decides::Contents,
            refused: false,
            raises: false,
        }
    }

    /// Marks live rows as deleted in one act; answers how many.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfScope`] for a table without soft delete.
    pub async fn soft_delete<E: Guarded>(
        &self,
        filter: Filter<E>,
        version: E::Column,
        updated_at: E::Column,
        at: OffsetDateTime,
        act: Uuid,
    ) -> Result<u64, Error>
    where
        D: Opens<E::Kind>,
    {
        let (Some(deleted), Some(deletion)) = (E::GUARD.deleted, E::GUARD.deletion) else {
            return Err(Error::OutOfScope);
        };
        let change = Change { kind: Decides::Liveness, ..self.update::<E>() };
        change
            .filter(filter)
            .write(deleted, at)
            .write(deletion, act)
            .write(updated_at, at)
            .add(version, 1)
            .execute()
            .await
    }

    /// Brings deleted rows back; answers how many.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfScope`] for a table without soft delete.
    pub async fn restore<E: Guarded>(
        &self,
        filter: Filter<E>,
        version: E::Column,
        updated_at: E::Column,
        now: OffsetDateTime,
    ) -> Result<u64, Error>
    where
        D: Opens<E::Kind>,
    {
        let (Some(deleted), Some(deletion)) = (E::GUARD.deleted, E::GUARD.deletion) else {
            return Err(Error::OutOfScope);
        };
        let mut change = self.update::<E>().filter(filter);
        (change.liveness, change.kind) = (Liveness::Deleted, Decides::Liveness);
        change
            .write(deleted, None::<OffsetDateTime>)
            .write(deletion, None::<Uuid>)
            .write(updated_at, now)
            .add(version, 1)
            .execute()
            .await
    }

    /// Takes rows away for good; answers how many.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn revoke<E: Revocable>(&self, filter: Filter<E>) -> Result<u64, Error>
    where
        D: Opens<E::Kind>,
    {
        let wall = self.wall::<E>(Liveness::Any)?;
        let result = E::delete_many().filter(filter.into_condition()).filter(wall).exec(&self.lease).await?;
        if result.rows_affected > 0 {
            self.lease.rights.wrote(Decides::Rows, E::GUARD.decides);
        }
        Ok(result.rows_affected)
    }
}

/// A model whose every column is written, defaults of the database notwithstanding.
fn all_set<E: Guarded>(model: E::Model) -> E::ActiveModel
where
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let mut active = model.into_active_model();
    for column in <E::Column as Iterable>::iter() {
        if let ActiveValue::Unchanged(value) = active.get(column) {
            active.set(column, value);
        }
    }
    active
}

fn is_rights_version<E: Guarded>(column: E::Column) -> bool {
    E::GUARD.rights_version.is_some_and(|version| Iden::to_string(&version) == Iden::to_string(&column))
}

impl<E: Guarded, D: Door> Change<'_, E, D> {
    /// Narrows to rows for which the filter holds.
    #[must_use]
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.update = self.update.filter(filter.into_condition());
        self
    }

    /// Sets a column. Setting a fixed one (tenant, store, id) makes the whole change fail.
    #[must_use]
    pub fn set(mut self, column: E::Column, value: impl Into<Value>) -> Self {
        self.refused |= self.is_held(column) || is_rights_version::<E>(column);
        self.write(column, value)
    }

    /// Adds to a whole number. The version of rights only rises.
    #[must_use]
    pub fn add(mut self, column: E::Column, by: i64) -> Self {
        let raises = is_rights_version::<E>(column);
        self.refused |= self.is_held(column) || (raises && by <= 0);
        self.raises |= raises;
        self.update = self.update.col_expr(column, Expr::col(column).add(by));
        self
    }

    fn write(mut self, column: E::Column, value: impl Into<Value>) -> Self {
        self.update = self.update.col_expr(column, Expr::val(value.into()));
        self
    }

    fn is_held(&self, column: E::Column) -> bool {
        let guard = E::GUARD;
        let held = [guard.tenant, guard.store, guard.person, guard.deleted, guard.deletion];
        let name = Iden::to_string(&column);
        held.into_iter().flatten().chain(guard.fixed.iter().copied()).any(|held| Iden::to_string(&held) == name)
    }

    /// Executes the change; answers how many rows it met.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfScope`] where a fixed column was set.
    pub async fn execute(self) -> Result<u64, Error> {
        if self.refused {
            return Err(Error::OutOfScope);
        }
        let (transaction, wall) = (self.transaction, self.transaction.wall::<E>(self.liveness)?);
        let (kind, raises) = (self.kind, self.raises);
        let rows = self.update.filter(wall).exec(&transaction.lease).await?.rows_affected;
        transaction.wrote::<E>(kind, raises, rows > 0);
        Ok(rows)
    }

    /// Executes the change and answers the rows as they are then.
    ///
    /// # Errors
    ///
    /// As [`Change::execute`].
    pub async fn returning(self) -> Result<Vec<E::Model>, Error> {
        if self.refused {
            return Err(Error::OutOfScope);
        }
        let (transaction, wall) = (self.transaction, self.transaction.wall::<E>(self.liveness)?);
        let (kind, raises) = (self.kind, self.raises);
        let rows = self.update.filter(wall).exec_with_returning(&transaction.lease).await?;
        transaction.wrote::<E>(kind, raises, !rows.is_empty());
        for row in &rows {
            transaction.admit_row::<E>(row)?;
        }
        Ok(rows)
    }
}
