use std::cmp::Ordering;

use cotenant_domain::shared::{Direction, Page, PageRequest, Position, SortValue};

/// One page by keyset: rows in the order of (sort value, id), both in the asked direction, after the asked position. It is
/// what `WHERE (sort, id) > (?, ?) ORDER BY sort, id LIMIT n + 1` gives.
pub(super) fn page<'a, T: Clone + 'a, S>(
    rows: impl Iterator<Item = &'a T>,
    request: &PageRequest<S>,
    position: impl Fn(&T) -> Position,
) -> Page<T> {
    let order = |a: &Position, b: &Position| match request.direction {
        Direction::Ascending => compare(a, b),
        Direction::Descending => compare(b, a),
    };
    let mut rows: Vec<_> = rows.map(|row| (position(row), row)).collect();
    rows.retain(|(place, _)| request.after.as_ref().is_none_or(|after| order(place, after).is_gt()));
    rows.sort_by(|(a, _), (b, _)| order(a, b));
    let most = request.limit.get() as usize + 1;
    let rows = rows.into_iter().take(most).map(|(_, row)| row.clone()).collect();
    Page::cut(rows, request.limit, position)
}

fn compare(a: &Position, b: &Position) -> Ordering {
    let by_value = match (&a.value, &b.value) {
        (SortValue::Text(a), SortValue::Text(b)) => a.cmp(b),
        (SortValue::Time(a), SortValue::Time(b)) => a.cmp(b),
        (SortValue::Int(a), SortValue::Int(b)) => a.cmp(b),
        _ => Ordering::Equal,
    };
    by_value.then(a.id.cmp(&b.id))
}

/// Whether one of the folded texts contains the wanted folded text, character by character: nothing in it is a wildcard.
pub(super) fn matches(wanted: Option<&String>, keys: [String; 2]) -> bool {
    wanted.is_none_or(|text| keys.iter().any(|key| key.contains(text)))
}
