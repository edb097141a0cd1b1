use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use cotenant_domain::tenants::TenantId;
use garde::Validate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::named;
use super::{pointer, validated};
use crate::cursor::Binding;
use crate::error::{ApiError, ErrorItem};
use crate::fields::{FlagField, valid};

/// The query: each parameter known, given once, and valid.
pub(crate) struct Query<T> {
    /// The parameters.
    pub(crate) value: T,
    path: String,
    filters: Vec<(String, String)>,
}

impl<T> Query<T> {
    /// What a cursor of this list is bound to.
    pub(crate) fn binding(&self, tenant: Option<TenantId>) -> Binding {
        Binding::new(&self.path, tenant, &self.filters)
    }

    /// The same where what is listed depends on something in the body as well.
    pub(crate) fn binding_with(&self, tenant: Option<TenantId>, name: &str, value: String) -> Binding {
        let mut filters = self.filters.clone();
        filters.push((format!("/{name}"), value));
        Binding::new(&self.path, tenant, &filters)
    }
}

impl<T: DeserializeOwned + Validate<Context = ()>> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req.path(), req.query_string()))
    }
}

fn refused(items: Vec<ErrorItem>) -> ApiError {
    ApiError::new(actix_web::http::StatusCode::BAD_REQUEST, "invalid_query").with(items)
}

fn read<T: DeserializeOwned + Validate<Context = ()>>(path: &str, query: &str) -> Result<Query<T>, ApiError> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|_| refused(Vec::new()).because("The query cannot be read."))?
        .into_inner();
    let mut object = Map::new();
    for (name, value) in &pairs {
        if object.insert(name.clone(), Value::String(value.clone())).is_some() {
            return Err(refused(vec![ErrorItem::parameter(name, "is given more than once")]));
        }
    }
    let value: T = serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let name = pointer(error.path()).trim_start_matches('/').to_owned();
        if let Some((field, detail)) = named(&error.inner().to_string()) {
            return refused(vec![ErrorItem::parameter(field, detail)]);
        }
        let known = pairs.iter().any(|(given, _)| *given == name);
        let detail = if known { "is not a parameter of this address".to_owned() } else { error.inner().to_string() };
        refused(vec![ErrorItem::parameter(name, detail)])
    })?;
    value.validate().map_err(|report| {
        let item = |(path, error): (garde::Path, garde::Error)| {
            ErrorItem::parameter(validated(&path).trim_start_matches('/'), error)
        };
        refused(report.into_inner().into_iter().map(item).collect())
    })?;
    let filters = pairs.into_iter().filter(|(name, _)| name != "limit" && name != "cursor").collect();
    Ok(Query { value, path: path.to_owned(), filters })
}

/// The query of one resource that can be deleted.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncludeDeleted {
    /// A deleted one too; members need the permission `deleted.read` for it.
    #[garde(dive)]
    #[schema(nullable = false)]
    include_deleted: Option<FlagField>,
}

impl IncludeDeleted {
    /// Whether deleted ones are wanted.
    pub(crate) fn wanted(self) -> Result<bool, ApiError> {
        Ok(valid(self.include_deleted)?.unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{IdField, LimitField};

    #[derive(Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        #[garde(dive)]
        limit: Option<LimitField>,
        #[garde(skip)]
        cursor: Option<String>,
        #[garde(dive)]
        is_active: Option<FlagField>,
        #[garde(dive)]
        store_id: Option<IdField>,
    }

    fn at_fault(query: &str) -> Vec<String> {
        let error = read::<Filter>("/stores", query).map(|_| ()).unwrap_err();
        assert_eq!((error.problem().status.as_u16(), error.problem().code), (400, "invalid_query"), "{query}");
        error.problem().errors.iter().filter_map(|e| e.parameter.clone()).collect()
    }

    #[test]
    fn known_parameters_are_read() {
        let query = read::<Filter>("/stores", "limit=500&is_active=false&cursor=x%20y").unwrap().value;
        assert_eq!(valid(query.limit).unwrap().map(|l| l.0.get()), Some(100));
        assert_eq!(valid(query.is_active).unwrap(), Some(false));
        assert_eq!(query.cursor.as_deref(), Some("x y"));
        assert!(query.store_id.is_none());
    }

    #[test]
    fn unknown_repeated_and_wrong_parameters_are_named() {
        assert_eq!(at_fault("colour=red"), ["colour"]);
        assert_eq!(at_fault("limit=1&limit=2"), ["limit"]);
        assert_eq!(at_fault("limit=-1&is_active=yes&store_id=7"), ["is_active", "limit", "store_id"]);
        assert_eq!(at_fault("is_active"), ["is_active"]);
        assert_eq!(at_fault("tenant_id=1"), ["tenant_id"]);
    }

    #[derive(Deserialize, Validate)]
    struct Needed {
        #[garde(dive)]
        store_id: IdField,
    }

    #[test]
    fn a_parameter_that_is_needed_is_named() {
        let error = read::<Needed>("/stores", "").map(|_| ()).unwrap_err();
        assert_eq!(error.problem().errors[0].parameter.as_deref(), Some("store_id"));
    }

    #[test]
    fn a_binding_can_hold_something_of_the_body() {
        let query = read::<Filter>("/stores", "is_active=true").unwrap_or_else(|_| panic!("read"));
        let with = |value: &str| query.binding_with(None, "permissions", value.into());
        assert!(with("stores.read") != with("stores.read products.read") && with("") != query.binding(None));
    }

    #[test]
    fn the_binding_leaves_out_what_changes_from_page_to_page() {
        let binding =
            |query| read::<Filter>("/stores", query).map(|q| q.binding(None)).unwrap_or_else(|_| panic!("read"));
        assert_eq!(binding("is_active=true&limit=5&cursor=abc"), binding("is_active=true"));
        assert_ne!(binding("is_active=true"), binding("is_active=false"));
    }
}
