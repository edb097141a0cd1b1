//! Cursors: where a list was left, opaque to the client.
//!
//! A cursor is bound to the address, the tenant and the filters of its list, so that it cannot be carried over to
//! another one by mistake. It authorises nothing: the list it continues passes the same checks as its first page, and
//! whoever forges a cursor only chooses where in their own list they begin. Hence a plain hash and no key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cotenant_domain::shared::{Position, SortValue};
use cotenant_domain::tenants::TenantId;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{ApiError, ErrorItem};

const FORM: u8 = 1;
const MARK: usize = 12;
const HEAD: usize = 1 + MARK + 1 + 16;
/// In bytes. Folding can make a text of 254 characters this much longer, and no more.
const LONGEST_TEXT: usize = 10_000;

/// What a cursor is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Binding([u8; MARK]);

impl Binding {
    /// The binding of the list at `path` with these query parameters, `limit` and `cursor` left out.
    pub(crate) fn new(path: &str, tenant: Option<TenantId>, filters: &[(String, String)]) -> Self {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(path.as_bytes());
        part(tenant.map(|t| *t.as_uuid().as_bytes()).unwrap_or_default().as_slice());
        let mut sorted = filters.iter().collect::<Vec<_>>();
        sorted.sort();
        for (name, value) in sorted {
            part(name.as_bytes());
            part(value.as_bytes());
        }
        let digest = hash.finalize();
        let mut mark = [0; MARK];
        mark.copy_from_slice(&digest[..MARK]);
        Self(mark)
    }
}

/// What kind of value a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortKind {
    /// By id alone.
    Id = 0,
    /// By a text.
    Text = 1,
    /// By an instant.
    Time = 2,
    /// By a number.
    Int = 3,
}

/// Writes a cursor.
pub(crate) fn encode(position: &Position, binding: Binding) -> String {
    let (kind, value) = match &position.value {
        SortValue::Id => (SortKind::Id, Vec::new()),
        SortValue::Text(text) => (SortKind::Text, text.as_bytes().to_vec()),
        SortValue::Time(at) => (SortKind::Time, ((at.unix_timestamp_nanos() / 1_000) as i64).to_be_bytes().to_vec()),
        SortValue::Int(number) => (SortKind::Int, number.to_be_bytes().to_vec()),
    };
    let mut bytes = Vec::with_capacity(HEAD + value.len());
    bytes.push(FORM);
    bytes.extend_from_slice(&binding.0);
    bytes.push(kind as u8);
    bytes.extend_from_slice(position.id.as_bytes());
    bytes.extend_from_slice(&value);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor of the list that `binding` names and that is sorted by a value of `kind`.
///
/// # Errors
///
/// 400 `invalid_cursor` for anything else.
pub(crate) fn decode(cursor: &str, binding: Binding, kind: SortKind) -> Result<Position, ApiError> {
    read(cursor, binding, kind).ok_or_else(|| {
        let item =
            ErrorItem::parameter("cursor", "is not the next_cursor of this list with these filters and this sort");
        ApiError::malformed("invalid_cursor", item)
    })
}

fn read(cursor: &str, binding: Binding, kind: SortKind) -> Option<Position> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (head, value) = bytes.split_at_checked(HEAD)?;
    let (mark, id) = (&head[1..=MARK], &head[MARK + 2..]);
    if head[0] != FORM || mark != binding.0 || head[MARK + 1] != kind as u8 {
        return None;
    }
    let value = match kind {
        SortKind::Id => value.is_empty().then_some(SortValue::Id)?,
        SortKind::Text => SortValue::Text(text(value)?),
        SortKind::Time => SortValue::Time(instant(i64::from_be_bytes(value.try_into().ok()?))?),
        SortKind::Int => SortValue::Int(i64::from_be_bytes(value.try_into().ok()?)),
    };
    Some(Position { value, id: Uuid::from_slice(id).ok()? })
}

/// PostgreSQL takes no NUL in a text.
fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (text.len() <= LONGEST_TEXT && !text.contains('\0')).then(|| text.to_owned())
}

/// No row is older than the epoch; databases differ in how far back they can look.
fn instant(micros: i64) -> Option<OffsetDateTime> {
    if micros < 0 {
        return None;
    }
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;
    use uuid::uuid;

    const ID: Uuid = uuid!("01890a5d-ac96-774b-bcce-b302099a8057");

    fn binding(path: &str, filters: &[(&str, &str)]) -> Binding {
        let filters = filters.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect::<Vec<_>>();
        Binding::new(path, Some(TenantId::new(ID)), &filters)
    }

    #[test]
    fn a_position_goes_out_and_comes_back() {
        let here = binding("/stores", &[]);
        let values = [
            (SortKind::Id, SortValue::Id),
            (SortKind::Text, SortValue::Text("mombasa café".into())),
            (SortKind::Time, SortValue::Time(datetime!(2026-11-23 03:20:04.123456 UTC))),
            (SortKind::Int, SortValue::Int(-7)),
        ];
        for (kind, value) in values {
            let position = Position { value, id: ID };
            assert_eq!(decode(&encode(&position, here), here, kind).unwrap(), position);
        }
    }

    #[test]
    fn a_cursor_fits_only_its_own_list() {
        let here = binding("/stores", &[("q", "a"), ("sort", "name")]);
        let cursor = encode(&Position { value: SortValue::Text("x".into()), id: ID }, here);
        assert!(decode(&cursor, binding("/stores", &[("sort", "name"), ("q", "a")]), SortKind::Text).is_ok());
        let others = [
            binding("/roles", &[("q", "a"), ("sort", "name")]),
            binding("/stores", &[("q", "b"), ("sort", "name")]),
            binding("/stores", &[("qa", ""), ("sort", "name")]),
            Binding::new("/stores", None, &[("q".into(), "a".into()), ("sort".into(), "name".into())]),
        ];
        for other in others {
            assert_eq!(decode(&cursor, other, SortKind::Text).unwrap_err().problem().code, "invalid_cursor");
        }
        assert!(decode(&cursor, here, SortKind::Id).is_err(), "another sort");
    }

    #[test]
    fn garbage_and_forgeries_are_refused() {
        let here = binding("/stores", &[]);
        for wrong in ["", "x", "!!!", "AAAA", &"A".repeat(4_000)] {
            assert!(decode(wrong, here, SortKind::Id).is_err(), "{wrong}");
        }
        let forged = |value| encode(&Position { value, id: ID }, here);
        assert!(decode(&forged(SortValue::Text("a\0b".into())), here, SortKind::Text).is_err());
        assert!(decode(&forged(SortValue::Text("a".repeat(LONGEST_TEXT + 1))), here, SortKind::Text).is_err());
        assert!(decode(&forged(SortValue::Int(-1)).replace('D', "C"), here, SortKind::Time).is_err());
        assert!(decode(&forged(SortValue::Time(datetime!(1969-12-31 23:59:59 UTC))), here, SortKind::Time).is_err());
        let cut = forged(SortValue::Int(5));
        assert!(decode(&cut[..cut.len() - 2], here, SortKind::Int).is_err());
    }
}
