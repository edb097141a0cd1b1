use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::rt::{self, task::JoinHandle, time::timeout};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest, ResponseError};
use cotenant_domain::Deps;
use cotenant_domain::idempotency::Errand;
use cotenant_domain::services;
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::support;
use cotenant_domain::tenancy::{self, AuthenticateError, Bearer, Claimed, Operator, Permission, ShownToken};
use secrecy::SecretString;
use tracing::field::display;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::{idempotency, refusals};
use crate::app::App;
use crate::audience::Audience;
use crate::error::ApiError;
use crate::extract::{origin, unread};
use crate::limits::{self, RouteClass};

/// Whom a route lets in.
#[derive(Clone, Copy)]
pub(crate) struct Gate {
    /// Who it is for.
    pub(crate) audience: Audience,
    /// The permission that its use case asks for.
    pub(crate) permission: Option<Permission>,
    /// Whether it reads in the caller's tenant and nowhere else.
    pub(crate) reads: bool,
    /// Whether it writes in the caller's tenant and nowhere else.
    pub(crate) writes: bool,
    /// The name of the route, where it is done once for each key.
    pub(crate) once: Option<&'static str>,
    /// Whether it has query parameters.
    pub(crate) has_query: bool,
    /// Against which rates it counts.
    pub(crate) class: RouteClass,
}

/// Proves the audience of a route before anything of the request is looked at, and refuses a query where the route has none.
pub(crate) async fn authenticate(
    gate: Gate,
    mut req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let (request, app) = (req.request().clone(), state(&req)?.clone());
    let limit = app.settings.request_timeout;
    let answer = async move {
        match admit(gate, &mut req).await {
            Ok(()) => Ok(idempotency::finish(&app, next.call(req).await?).await),
            Err(error) => Ok(req.into_response(error.error_response())),
        }
    };
    let mut answer = answered(request, answer, limit).await?;
    idempotency::give_up(&answer);
    limits::tell(&mut answer);
    noted(&answer).await;
    refusals::record(gate.permission, &answer).await;
    Ok(answer)
}

/// The answer, within the deadline: a body that comes too slowly ends with it (ASVS 15.2.2). A panic of a handler is a
/// defect of ours like any other: it gets its answer and its line in the log, and the connection lives on. A unit of work
/// that was open is dropped, which takes it back.
async fn answered(
    request: HttpRequest,
    answer: impl Future<Output = Result<ServiceResponse<BoxBody>, actix_web::Error>>,
    limit: Duration,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut answer = pin!(answer);
    let answer = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))) {
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

async fn admit(gate: Gate, req: &mut ServiceRequest) -> Result<(), ApiError> {
    prove(gate, req).await?;
    if gate.has_query { Ok(()) } else { no_query(req) }
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

async fn prove(gate: Gate, req: &mut ServiceRequest) -> Result<(), ApiError> {
    let anonymous = match gate.audience {
        Audience::Public => true,
        Audience::Visitor => !req.headers().contains_key(header::AUTHORIZATION),
        Audience::SignedIn | Audience::Tenant | Audience::Platform => false,
    };
    let app = state(req)?.clone();
    if anonymous {
        return limits::count(&app, req, gate.class, None).await;
    }
    let deps = &app.deps;
    let read = bearer(req.headers()).and_then(|token| Ok((read(&token, deps)?, token)));
    // Before the database is touched. What is no token of ours is counted by where it comes from.
    limits::count(&app, req, gate.class, read.as_ref().ok().map(|(shown, _)| shown)).await?;
    let (mut shown, token) = read?;
    let mut body = Bytes::new();
    if !req.method().is_safe() {
        // Rights are read when all of the request is there: whoever loses them while a body trickles in has lost them for
        // this request too. Strangers' bodies are not waited for.
        recognise(req, &app, &shown).await?;
        body = take_in(req).await?;
        shown = self::read(&token, deps)?;
    }
    match gate.audience {
        Audience::Public | Audience::Visitor | Audience::Tenant => {
            let bearer = in_tenant(gate, req, &app, &shown).await?;
            let bearer = match errand(gate, req, &body, deps)? {
                Some(errand) => bearer.doing(errand),
                None => bearer,
            };
            enter(req, &app, bearer);
        }
        Audience::Platform => {
            let operator = operator(req, &app, &shown).await?;
            let operator = match errand(gate, req, &body, deps)? {
                Some(errand) => operator.doing(errand),
                None => operator,
            };
            enter_platform(req, operator);
        }
        Audience::SignedIn => match in_tenant(gate, req, &app, &shown).await {
            Err(AuthenticateError::Invalid) => enter_platform(req, operator(req, &app, &shown).await?),
            proved => enter(req, &app, proved?),
        },
    }
    Ok(())
}

fn errand(gate: Gate, req: &ServiceRequest, body: &[u8], deps: &Deps) -> Result<Option<Errand>, ApiError> {
    gate.once.map_or(Ok(None), |route| idempotency::errand(route, req, body, deps.clock.now()))
}

async fn take_in(req: &mut ServiceRequest) -> Result<Bytes, ApiError> {
    let (request, payload) = req.parts_mut();
    let body = Bytes::from_request(request, payload).await.map_err(unread)?;
    req.set_payload(body.clone().into());
    Ok(body)
}

fn read(token: &SecretString, deps: &Deps) -> Result<ShownToken, AuthenticateError> {
    ShownToken::read(token, &*deps.verifier, deps.clock.now())
}

/// Whether a token is one of ours, without the rights behind it. An access token said so by its signature; a key or a grant's
/// has none, and is looked up unless this process has seen that it is good before.
async fn recognise(req: &ServiceRequest, app: &App, shown: &ShownToken) -> Result<(), AuthenticateError> {
    let known = match shown.claimed() {
        Claimed::Member { .. } | Claimed::Operator(_) => true,
        Claimed::Key(key) => app.keys.recognise(key),
        Claimed::Support(grant) => app.keys.recognise(grant),
    };
    if known {
        return Ok(());
    }
    let deps = &app.deps;
    let found = tenancy::authenticate(shown, origin(req.request()), &*deps.access, &*deps.clock).await;
    limits::learn(app, shown, &found);
    found.map(drop)
}

async fn in_tenant(
    gate: Gate,
    req: &ServiceRequest,
    app: &App,
    shown: &ShownToken,
) -> Result<Bearer, AuthenticateError> {
    let origin = origin(req.request());
    let (reader, clock) = (&*app.deps.access, &*app.deps.clock);
    let found = if gate.reads {
        tenancy::authenticate_to_read(shown, origin, reader, clock).await
    } else if gate.writes {
        tenancy::authenticate_to_write(shown, origin, reader, clock).await
    } else {
        tenancy::authenticate(shown, origin, reader, clock).await
    };
    limits::learn(app, shown, &found);
    found
}

/// Lets in who was proved.
fn enter(req: &ServiceRequest, app: &Data<App>, bearer: Bearer) {
    app.plans.remember(bearer.tenant_id(), bearer.plan(), &app.deps.plans);
    match bearer {
        Bearer::Member(member) => {
            let (tenant, user) = (member.tenant_id(), member.user_id());
            Span::current().record("tenant_id", display(tenant)).record("user_id", display(user));
            req.extensions_mut().insert(Rc::new(member));
        }
        Bearer::Service(service) => {
            let (tenant, account) = (service.tenant_id(), service.account_id());
            Span::current().record("tenant_id", display(tenant)).record("service_account_id", display(account));
            let used = service.used_key().clone();
            let id = used.key_id().as_uuid();
            if app.keys.is_due(id, used.hash(), None, used.at()) {
                note(app, id, async move |deps| services::note_use(&deps, &used).await);
            }
            req.extensions_mut().insert(Rc::new(service));
        }
        Bearer::Support(support) => {
            let (tenant, operator, grant) = (support.tenant_id(), support.operator_id(), support.grant_id());
            let span = Span::current();
            span.record("tenant_id", display(tenant)).record("user_id", display(operator));
            span.record("support_grant_id", display(grant));
            let used = support.used_grant().clone();
            let from = used.origin().address.as_deref();
            if app.keys.is_due(grant.as_uuid(), used.hash(), from, used.at()) {
                let noting = note(app, grant.as_uuid(), async move |deps| support::note_use(&deps, &used).await);
                req.extensions_mut().insert(Noting(noting));
            }
            req.extensions_mut().insert(Rc::new(support));
        }
    }
}

/// The note of a grant's use that is being written. The answer waits for it: whoever came in has left their trace before
/// they see anything. It waits after the work is done, since that may hold the connection which the note needs.
struct Noting(JoinHandle<()>);

async fn noted(answer: &ServiceResponse<BoxBody>) {
    let noting = answer.request().extensions_mut().remove::<Noting>();
    if let Some(Noting(noting)) = noting
        && let Err(error) = noting.await
    {
        tracing::warn!(%error, "the use of a support grant was not noted");
    }
}

/// Has the use of a key or a grant noted beside the request: it fails with nothing, and is due again where it failed.
fn note(
    app: &Data<App>,
    id: Uuid,
    note_use: impl AsyncFnOnce(Deps) -> Result<(), RepositoryError> + 'static,
) -> JoinHandle<()> {
    let app = app.clone();
    let noting = async move {
        if let Err(error) = note_use(app.deps.clone()).await {
            tracing::warn!(%error, "the use of a key or of a support grant was not noted");
            app.keys.was_not_noted(id);
        }
    };
    rt::spawn(noting.in_current_span())
}

async fn operator(req: &ServiceRequest, app: &App, shown: &ShownToken) -> Result<Operator, AuthenticateError> {
    let deps = &app.deps;
    let found = tenancy::authenticate_operator(shown, origin(req.request()), &*deps.access, &*deps.clock).await;
    // A key has no business here and was not looked up: it is as good as it was.
    if shown.access_token().is_some() {
        limits::learn(app, shown, &found);
    }
    found
}

fn enter_platform(req: &ServiceRequest, operator: Operator) {
    Span::current().record("user_id", display(operator.user_id()));
    req.extensions_mut().insert(Rc::new(operator));
}

/// The bearer token (RFC 6750, section 2.1). It is taken from nowhere but the one `Authorization` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<SecretString, ApiError> {
    let mut lines = headers.get_all(header::AUTHORIZATION);
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
        assert!(bearer(TestRequest::default().to_srv_request().headers()).is_err());
        let twice = TestRequest::default()
            .append_header(("Authorization", "Bearer a"))
            .append_header(("Authorization", "Bearer b"));
        assert!(bearer(twice.to_srv_request().headers()).is_err());
        let elsewhere = TestRequest::with_uri("/x?access_token=abc").to_srv_request();
        assert!(bearer(elsewhere.headers()).is_err());
    }
}
