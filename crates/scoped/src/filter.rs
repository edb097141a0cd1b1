use sea_orm::sea_query::LikeExpr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, Value};

/// A condition on the columns of `E`: typed columns and bound values, nothing else. No SQL text can get into it, and it can
/// only narrow what the scope lets through, however it is built.
#[derive(Debug, Clone)]
pub struct Filter<E: EntityTrait> {
    condition: Condition,
    of: std::marker::PhantomData<fn() -> E>,
}

impl<E: EntityTrait> Filter<E> {
    fn new(condition: Condition) -> Self {
        Self { condition, of: std::marker::PhantomData }
    }

    fn just(expr: impl Into<sea_orm::sea_query::Expr>) -> Self {
        Self::new(Condition::all().add(expr.into()))
    }

    /// The column equals the value.
    pub fn eq(column: E::Column, value: impl Into<Value>) -> Self {
        Self::just(column.eq(value.into()))
    }

    /// The column differs from the value; null is neither equal nor different.
    pub fn ne(column: E::Column, value: impl Into<Value>) -> Self {
        Self::just(column.ne(value.into()))
    }

    /// The column is less than the value.
    pub fn lt(column: E::Column, value: impl Into<Value>) -> Self {
        Self::just(column.lt(value.into()))
    }

    /// The column is at most the value.
    pub fn lte(column: E::Column, value: impl Into<Value>) -> Self {
        Self::just(column.lte(value.into()))
    }

    /// The column is greater than the value.
    pub fn gt(column: E::Column, value: impl Into<Value>) -> Self {
        Self::just(column.gt(value.into()))
    }

    /// The column is at least the value.
    pub fn gte(column: E::Column, value: impl Into<Value>) -> Self {
        Self::just(column.gte(value.into()))
    }

    /// The column is null.
    pub fn is_null(column: E::Column) -> Self {
        Self::just(column.is_null())
    }

    /// The column is not null.
    pub fn is_not_null(column: E::Column) -> Self {
        Self::just(column.is_not_null())
    }

    /// The column is one of the values; of none, never.
    pub fn is_in<V: Into<Value>>(column: E::Column, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        Self::just(column.is_in(values))
    }

    /// The column contains the text, in which no character is a wildcard.
    pub fn contains(column: E::Column, text: &str) -> Self {
        let mut pattern = String::with_capacity(text.len() + 2);
        pattern.push('%');
        for c in text.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        Self::just(column.like(LikeExpr::new(pattern).escape('\\')))
    }

    /// All of the filters hold; with none, always.
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::new(filters.into_iter().fold(Condition::all(), |all, one| all.add(one.condition)))
    }

    /// Any of the filters holds; with none, never.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        let mut filters = filters.into_iter().peekable();
        if filters.peek().is_none() {
            return Self::just(sea_orm::sea_query::ExprTrait::eq(sea_orm::sea_query::Expr::val(1), 0));
        }
        Self::new(filters.fold(Condition::any(), |any, one| any.add(one.condition)))
    }

    pub(crate) fn into_condition(self) -> Condition {
        self.condition
    }
}
