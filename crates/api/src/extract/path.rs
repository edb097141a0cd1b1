use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use cotenant_domain::shared::Id;
use uuid::Uuid;

use crate::error::{ApiError, ErrorItem};

/// The one id in the address.
pub(crate) struct PathId<T>(pub(crate) Id<T>);

/// The two ids in the address, in their order.
pub(crate) struct PathIds<A, B>(pub(crate) Id<A>, pub(crate) Id<B>);

impl<T> FromRequest for PathId<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(ids(req).map(|[id]| Self(Id::new(id))))
    }
}

impl<A, B> FromRequest for PathIds<A, B> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(ids(req).map(|[a, b]| Self(Id::new(a), Id::new(b))))
    }
}

/// The ids in the address, written the one canonical way: another spelling would be another address of the same thing.
fn ids<const N: usize>(req: &HttpRequest) -> Result<[Uuid; N], ApiError> {
    let mut found = [Uuid::nil(); N];
    let mut segments = req.match_info().iter();
    for id in &mut found {
        let (name, text) = segments.next().ok_or_else(|| ApiError::internal("the route has too few ids"))?;
        *id = Uuid::try_parse(text).ok().filter(|id| id.to_string().eq_ignore_ascii_case(text)).ok_or_else(|| {
            ApiError::malformed("invalid_path", ErrorItem::parameter(name, "must be a UUID with hyphens"))
        })?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[actix_web::test]
    async fn ids_are_read_in_their_order() {
        let request = TestRequest::default().param("store_id", ID).param("product_id", ID.to_uppercase());
        let PathIds(a, b) = PathIds::<(), ()>::extract(&request.to_http_request()).await.unwrap();
        assert_eq!((a.to_string(), b), (ID.to_owned(), a));
    }

    #[actix_web::test]
    async fn anything_but_a_uuid_is_named() {
        for wrong in
            ["7", "", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}", "../x", "%00"]
        {
            let request = TestRequest::default().param("store_id", wrong).to_http_request();
            let error = PathId::<()>::extract(&request).await.map(|_| ()).unwrap_err();
            assert_eq!((error.problem().status.as_u16(), error.problem().code), (400, "invalid_path"), "{wrong}");
            assert_eq!(error.problem().errors[0].parameter.as_deref(), Some("store_id"));
        }
    }
}
