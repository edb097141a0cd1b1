//! The API's description, for programs and for people.

use std::sync::{Arc, LazyLock};

use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use crate::error::{Answer, ApiError};
use crate::openapi::openapi;
use crate::problems;
use crate::route::Route;

const DOCUMENT: &str = "/api/v1/openapi.json";

/// Swagger UI sets styles from its script; everything else comes from files of its own beside the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static JSON: LazyLock<Result<Bytes, String>> =
    LazyLock::new(|| openapi().to_json().map(Bytes::from).map_err(|error| error.to_string()));

/// `none`: the validator is a service of others, and the page loads nothing from elsewhere.
static UI: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| Arc::new(Config::new([DOCUMENT]).validator_url("none")));

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("openapi", DOCUMENT, || web::to(document)).says(|doc| {
            doc.tag("Documentation").about("This document", "The description of the API by OpenAPI 3.1.").gives_any()
        }),
        Route::get("docs", "/docs", || web::to(redirect)).says(|doc| doc.page()),
        Route::get("docs_file", "/docs/{file:.*}", || web::to(file)).says(|doc| doc.page()),
        Route::get("problem", "/problems/{code}", || web::to(problems::page)).says(|doc| doc.page()),
    ]
}

async fn document() -> Answer {
    let json = JSON.as_ref().map_err(ApiError::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(json.clone()))
}

async fn redirect() -> Answer {
    Ok(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish())
}

async fn file(req: HttpRequest) -> Answer {
    let name = req.match_info().query("file");
    let file =
        utoipa_swagger_ui::serve(name, UI.clone()).map_err(ApiError::internal)?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok()
        .content_type(file.content_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .body(file.bytes.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> String {
        let file = utoipa_swagger_ui::serve(name, UI.clone()).unwrap().unwrap();
        String::from_utf8(file.bytes.into_owned()).unwrap()
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        let page = text("index.html");
        let loads = page.split(['"', '\'']).filter(|part| part.contains("//")).collect::<Vec<_>>();
        assert!(loads.is_empty(), "{loads:?}");
        assert!(!page.contains("<script>"), "an inline script would be stopped by the policy");
        assert!(!text("swagger-ui.css").contains("url(http"));
    }

    #[test]
    fn the_page_shows_this_document_and_asks_no_validator() {
        let start = text("swagger-initializer.js");
        assert!(start.contains(r#""url": "/api/v1/openapi.json""#), "{start}");
        assert!(start.contains(r#""validatorUrl": "none""#), "{start}");
    }
}
