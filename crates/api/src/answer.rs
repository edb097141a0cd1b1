//! What handlers answer with.

use actix_web::HttpResponse;
use actix_web::http::header;
use cotenant_domain::shared::{Page, rfc3339};
use cotenant_domain::tenancy::{Deleted, Version};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::cursor::{self, Binding};
use crate::error::Answer;
use crate::etag::etag;

/// One page of a list.
#[derive(Serialize)]
struct PageView<T> {
    data: Vec<T>,
    next_cursor: Option<String>,
}

/// Something was deleted, and can be restored until it is purged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "deleted_at": "2026-11-23T03:20:04.000000Z", "purge_at": "2026-12-23T03:20:04.000000Z" }))]
pub(crate) struct DeletedView {
    /// When.
    #[serde(serialize_with = "timestamp")]
    deleted_at: OffsetDateTime,
    /// From when on it may be purged.
    #[serde(serialize_with = "timestamp")]
    purge_at: OffsetDateTime,
}

/// 200 with a document.
pub(crate) fn found(view: impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(view))
}

/// 200 with a resource and its entity tag.
pub(crate) fn versioned(version: Version, view: impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag(version))).json(view))
}

/// 201 with a new resource, its address and its entity tag.
pub(crate) fn created(location: String, version: Version, view: impl Serialize) -> Answer {
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, location)).insert_header((header::ETAG, etag(version)));
    Ok(response.json(view))
}

/// Marks an answer that holds a secret which is shown once: nothing keeps it.
pub(crate) struct ShownOnce;

/// 201 with a new resource, its address, and a secret that is in this answer and nowhere else.
pub(crate) fn created_with_secret(location: String, view: impl Serialize) -> Answer {
    let mut response = HttpResponse::Created().insert_header((header::LOCATION, location)).json(view);
    response.extensions_mut().insert(ShownOnce);
    Ok(response)
}

/// 200 with the date of the purge.
pub(crate) fn deleted(Deleted { deleted_at, purge_at }: Deleted) -> Answer {
    found(DeletedView { deleted_at, purge_at })
}

/// 202: taken, and what comes of it is not told here.
pub(crate) fn accepted() -> Answer {
    Ok(HttpResponse::Accepted().finish())
}

/// 204.
pub(crate) fn nothing() -> Answer {
    Ok(HttpResponse::NoContent().finish())
}

/// 200 with a list that is always whole.
pub(crate) fn whole<V: Serialize>(data: Vec<V>) -> Answer {
    found(PageView { data, next_cursor: None })
}

/// 200 with one page of a list.
pub(crate) fn page<T, V: Serialize>(page: Page<T>, binding: Binding, view: impl FnMut(T) -> V) -> Answer {
    let next_cursor = page.next.map(|position| cursor::encode(&position, binding));
    found(PageView { data: page.items.into_iter().map(view).collect::<Vec<V>>(), next_cursor })
}

/// Writes an instant by RFC 3339 in UTC, always with six digits after the point.
pub(crate) fn timestamp<S: serde::Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*at))
}

/// Writes an instant where there is one.
pub(crate) fn maybe_timestamp<S: serde::Serializer>(
    at: &Option<OffsetDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => timestamp(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn instants_are_written_in_utc_with_six_digits() {
        let view = DeletedView {
            deleted_at: datetime!(2026-01-02 03:04:05.6 +3),
            purge_at: datetime!(2026-11-23 23:59:59.123456 UTC),
        };
        assert_eq!(
            serde_json::to_string(&view).unwrap(),
            r#"{"deleted_at":"2026-01-02T00:04:05.600000Z","purge_at":"2026-11-23T23:59:59.123456Z"}"#
        );
    }
}
