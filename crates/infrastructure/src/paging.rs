//! Keyset pagination in SQL.

use cotenant_domain::shared::{Direction, PageRequest, RepositoryError, SortValue};
use cotenant_scoped::door::Door;
use cotenant_scoped::{Find, Guarded, Mode, Order};
use sea_orm::Value;

use crate::error::corrupt;

/// Orders by the sort column (`None`: by id alone) and the id, begins after the page's position, and fetches one row more
/// than the page holds, which tells whether there is a next one.
pub(crate) fn paged<'t, E, D, M, S>(
    find: Find<'t, E, D, M>,
    page: &PageRequest<S>,
    sort: Option<E::Column>,
    id: E::Column,
) -> Result<Find<'t, E, D, M>, RepositoryError>
where
    E: Guarded,
    E::Model: Send + Sync,
    D: Door,
    M: Mode,
{
    let order = match page.direction {
        Direction::Ascending => Order::Ascending,
        Direction::Descending => Order::Descending,
    };
    let columns: Vec<_> = sort.into_iter().chain([id]).collect();
    let mut find = columns.iter().fold(find, |find, column| find.order_by(*column, order));
    if let Some(after) = &page.after {
        let value: Option<Value> = match &after.value {
            SortValue::Id => None,
            SortValue::Text(text) => Some(text.clone().into()),
            SortValue::Time(at) => Some((*at).into()),
            SortValue::Int(number) => Some((*number).into()),
        };
        let values: Vec<Value> = value.into_iter().chain([after.id.into()]).collect();
        if values.len() != columns.len() {
            return Err(corrupt("page position"));
        }
        find = find.after(columns, values, order);
    }
    Ok(find.limit(u64::from(page.limit.get()) + 1))
}
