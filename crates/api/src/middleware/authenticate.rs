use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web::Data;
use actix_web::{HttpMessage, ResponseError};
use cotenant_domain::Deps;
use cotenant_domain::tenancy::{self, AuthenticateError};
use secrecy::SecretString;
use tracing::Span;
use tracing::field::display;

use crate::app::App;
use crate::audience::Audience;
use crate::error::ApiError;
use crate::extract::origin;

/// Proves the audience of a route before anything of the request is read, and refuses a query where the route has none.
pub(crate) async fn authenticate(
    audience: Audience,
    has_query: bool,
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let admitted = prove(audience, &req).await.and_then(|()| if has_query { Ok(()) } else { no_query(&req) });
    match admitted {
        Ok(()) => {
            let limit = state(&req)?.settings.request_timeout;
            answered(req, next, limit).await
        }
        Err(error) => Ok(req.into_response(error.error_response())),
    }
}

/// The handler's answer, within the deadline: a body that comes too slowly ends with it (ASVS 15.2.2). A panic of a handler is
/// a defect of ours like any other: it gets its answer and its line in the log, and the connection lives on. A unit of work
/// that was open is dropped, which takes it back.
async fn answered(
    req: ServiceRequest,
    next: Next<BoxBody>,
    limit: Duration,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let request = req.request().clone();
    let mut handler = pin!(next.call(req));
    let answer = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context))) {
        Ok(progress) => progress.map(Some),
        Err(_) => Poll::Ready(None),
    });
    let error = match timeout(limit, answer).await {
        Ok(Some(answer)) => return answer,
        Ok(None) => ApiError::internal("a handler panicked"),
        Err(_) => ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout"),
    };
    Ok(ServiceResponse::new(request, error.error_response()))
}

fn no_query(req: &ServiceRequest) -> Result<(), ApiError> {
    if req.query_string().is_empty() {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_query").because("This address has no query parameters."))
}

fn state(req: &ServiceRequest) -> Result<&Data<App>, ApiError> {
    req.app_data::<Data<App>>().ok_or_else(|| ApiError::internal("the application's state is missing"))
}

async fn prove(audience: Audience, req: &ServiceRequest) -> Result<(), ApiError> {
    let anonymous = match audience {
        Audience::Public => true,
        Audience::Visitor => !req.headers().contains_key(header::AUTHORIZATION),
        Audience::SignedIn | Audience::Tenant | Audience::Platform => false,
    };
    if anonymous {
        return Ok(());
    }
    let app = state(req)?;
    let token = bearer(req)?;
    match audience {
        Audience::Public | Audience::Visitor | Audience::Tenant => Ok(member(req, &app.deps, &token).await?),
        Audience::Platform => Ok(operator(req, &app.deps, &token).await?),
        Audience::SignedIn => match member(req, &app.deps, &token).await {
            Err(AuthenticateError::Invalid) => Ok(operator(req, &app.deps, &token).await?),
            proved => Ok(proved?),
        },
    }
}

async fn member(req: &ServiceRequest, deps: &Deps, token: &SecretString) -> Result<(), AuthenticateError> {
    let origin = origin(req.request());
    let (verifier, reader, clock) = (&*deps.verifier, &*deps.access, &*deps.clock);
    // A body may be long in coming; without one the handler reads at once.
    let actor = if req.method().is_safe() {
        tenancy::authenticate_to_read(token, origin, verifier, reader, clock).await?
    } else {
        tenancy::authenticate(token, origin, verifier, reader, clock).await?
    };
    Span::current().record("tenant_id", display(actor.tenant_id())).record("user_id", display(actor.user_id()));
    req.extensions_mut().insert(Rc::new(actor));
    Ok(())
}

async fn operator(req: &ServiceRequest, deps: &Deps, token: &SecretString) -> Result<(), AuthenticateError> {
    let origin = origin(req.request());
    let operator = tenancy::authenticate_operator(token, origin, &*deps.verifier, &*deps.access, &*deps.clock).await?;
    Span::current().record("user_id", display(operator.user_id()));
    req.extensions_mut().insert(Rc::new(operator));
    Ok(())
}

/// The bearer token (RFC 6750, section 2.1). It is taken from nowhere but the one `Authorization` header.
fn bearer(req: &ServiceRequest) -> Result<SecretString, ApiError> {
    let mut lines = req.headers().get_all(header::AUTHORIZATION);
    let token = match (lines.next(), lines.next()) {
        (Some(line), None) => line.to_str().ok().and_then(parse),
        _ => None,
    };
    token.ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "unauthenticated"))
}

fn parse(line: &str) -> Option<SecretString> {
    let (scheme, token) = line.split_once(' ')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let sound = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.chars().all(fits);
    sound.then(|| token.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use secrecy::ExposeSecret;

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        for line in ["Bearer abc.def-_~+/=", "bearer abc.def-_~+/="] {
            assert_eq!(parse(line).unwrap().expose_secret(), "abc.def-_~+/=");
        }
        for wrong in
            ["", "Bearer", "Bearer ", "Bearer  abc", "Bearer a b", "Basic abc", "abc", "Bearer a,b", "Bearer ä"]
        {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn no_token_and_two_tokens_are_nobody() {
        assert!(bearer(&TestRequest::default().to_srv_request()).is_err());
        let twice = TestRequest::default()
            .append_header(("Authorization", "Bearer a"))
            .append_header(("Authorization", "Bearer b"));
        assert!(bearer(&twice.to_srv_request()).is_err());
        let elsewhere = TestRequest::with_uri("/x?access_token=abc").to_srv_request();
        assert!(bearer(&elsewhere).is_err());
    }
}
