use actix_web::HttpRequest;
use actix_web::web::{self, Data};
use cotenant_domain::identity::{self, ChangePassword, Login, LoginError, Session};
use serde_json::json;

use super::schemas::{
    LoginBody, MeView, PasswordBody, RefreshBody, SessionQuery, SessionView, SignedInView, SwitchBody,
};
use crate::answer::{found, nothing, page};
use crate::app::App;
use crate::audience::Audience;
use crate::error::{Answer, ApiError, ErrorItem};
use crate::extract::{Body, Caller, Member, PathId, Query, origin};
use crate::route::Route;

const SESSIONS: &str = "/api/v1/auth/sessions";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("login", "/api/v1/auth/login", || web::to(login)).has_secrets().says(|doc| {
            doc.tag("Signing in")
                .about(
                    "Sign in",
                    "To the person's tenant, or to the platform. Who belongs to several tenants and names none is answered \
                     with 409 and the list of them in `tenants`, each with `slug` and `name`.",
                )
                .takes::<LoginBody>()
                .gives::<SignedInView>(200)
                .fails(&["invalid_credentials", "tenant_needed", "too_many_attempts", "busy"])
        }),
        Route::post("switch", "/api/v1/auth/switch", || web::to(switch)).has_secrets().serves(Audience::Tenant).says(|doc| {
            doc.tag("Signing in")
                .about("Switch to another tenant", "The same person gets a token for another of their tenants; the present token ends.")
                .takes::<SwitchBody>()
                .gives::<SignedInView>(200)
                .fails(&["not_found"])
        }),
        Route::post("logout", "/api/v1/auth/logout", || web::to(logout)).serves(Audience::SignedIn).says(|doc| {
            doc.tag("Signing in").about("Sign out", "The token is refused from the next request on.").gives_nothing()
        }),
        Route::post("refresh", "/api/v1/auth/refresh", || web::to(refresh)).has_secrets().says(|doc| {
            doc.tag("Signing in")
                .about(
                    "Stay signed in",
                    "A new access token, and the next refresh token for the one that is sent, which is good once. One that \
                     comes again much later than its answer can have been lost ends the session: two parties have it.",
                )
                .takes::<RefreshBody>()
                .gives::<SignedInView>(200)
                .fails(&["refresh_refused"])
        }),
        Route::get("list_sessions", SESSIONS, || web::to(list_sessions)).serves(Audience::Tenant).says(|doc| {
            doc.tag("Signing in")
                .about("List one's own sessions", "Those in this tenant that are alive: where one is signed in.")
                .query::<SessionQuery>()
                .gives_pages::<SessionView>()
        }),
        Route::delete("end_session", "/api/v1/auth/sessions/{session_id}", || web::to(end_session))
            .serves(Audience::Tenant)
            .says(|doc| {
                doc.tag("Signing in")
                    .about("End one of one's own sessions", "Its tokens are refused from the next request on.")
                    .gives_nothing()
            }),
        Route::delete("end_other_sessions", SESSIONS, || web::to(end_other_sessions)).serves(Audience::Tenant).says(|doc| {
            doc.tag("Signing in")
                .about("End one's other sessions", "All in this tenant but the one that asks.")
                .gives_nothing()
        }),
        Route::post("change_password", "/api/v1/auth/password", || web::to(change_password)).has_secrets()
            .serves(Audience::SignedIn)
            .says(|doc| {
                doc.tag("Signing in")
                    .about(
                        "Change one's own password",
                        "It takes the present one. Every other session of the person ends, in all tenants and at the platform; \
                         an operator's own does too.",
                    )
                    .takes::<PasswordBody>()
                    .gives_nothing()
                    .fails(&["wrong_password", "invalid_password", "too_many_attempts", "busy"])
            }),
        Route::get("me", "/api/v1/auth/me", || web::to(me)).serves(Audience::Tenant).says(|doc| {
            doc.tag("Signing in").about("Who am I?", "The person, the tenant, and what they may do there.").gives::<MeView>(200)
        }),
    ]
}

async fn login(app: Data<App>, req: HttpRequest, body: Body<LoginBody>) -> Answer {
    let LoginBody { email, password, tenant, platform } = body.0;
    let (email, password, origin) = (email.valid()?, password.valid()?, origin(&req));
    match (tenant, platform) {
        (None, true) => {
            let signed_in = identity::login_operator(&app.deps, &origin, &email, password).await?;
            found(SignedInView::from(signed_in))
        }
        (Some(_), true) => {
            Err(ApiError::invalid(vec![ErrorItem::pointer("/tenant", "is not taken together with platform")]))
        }
        (tenant, false) => {
            let tenant = tenant.map(|t| t.valid()).transpose()?;
            let signed_in = identity::login(&app.deps, &origin, Login { email, password, tenant }).await;
            found(SignedInView::from(signed_in.map_err(refused)?))
        }
    }
}

/// Who must choose is told among what.
fn refused(error: LoginError) -> ApiError {
    let tenants = match &error {
        LoginError::TenantNeeded { tenants } => {
            tenants.iter().map(|t| json!({ "slug": t.slug.as_str(), "name": t.name.as_str() })).collect()
        }
        _ => Vec::new(),
    };
    let error = ApiError::from(error);
    if tenants.is_empty() { error } else { error.member("tenants", tenants.into()) }
}

async fn switch(app: Data<App>, actor: Member, body: Body<SwitchBody>) -> Answer {
    found(SignedInView::from(identity::switch(&actor, &app.deps, &body.0.tenant.valid()?).await?))
}

async fn refresh(app: Data<App>, req: HttpRequest, body: Body<RefreshBody>) -> Answer {
    let token = body.0.refresh_token.valid()?;
    found(SignedInView::from(identity::refresh(&app.deps, &origin(&req), token).await?))
}

async fn list_sessions(app: Data<App>, actor: Member, query: Query<SessionQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let sessions = identity::list_sessions(&actor, &app.deps, &query.value.page(binding)?).await?;
    page(sessions, binding, SessionView::from)
}

async fn end_session(app: Data<App>, actor: Member, PathId(id): PathId<Session>) -> Answer {
    identity::end_session(&actor, &app.deps, id).await?;
    nothing()
}

async fn end_other_sessions(app: Data<App>, actor: Member) -> Answer {
    identity::end_other_sessions(&actor, &app.deps).await?;
    nothing()
}

async fn logout(app: Data<App>, caller: Caller) -> Answer {
    match caller {
        Caller::Member(actor) => identity::logout(&actor, &app.deps).await?,
        Caller::Operator(operator) => identity::logout_operator(&operator, &app.deps).await?,
    }
    nothing()
}

async fn change_password(app: Data<App>, caller: Caller, body: Body<PasswordBody>) -> Answer {
    let cmd = ChangePassword { current: body.0.current_password.valid()?, new: body.0.new_password.valid()? };
    identity::change_password(&app.deps, caller.person(), cmd).await?;
    nothing()
}

async fn me(app: Data<App>, actor: Member) -> Answer {
    found(MeView::from(identity::me(&actor, &app.deps).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cotenant_domain::identity::TenantChoice;

    #[test]
    fn who_must_choose_a_tenant_is_told_among_what() {
        let tenants = vec![TenantChoice { slug: "duka".parse().unwrap(), name: "Duka Ltd".parse().unwrap() }];
        let error = refused(LoginError::TenantNeeded { tenants });
        assert_eq!((error.problem().status.as_u16(), error.problem().code), (409, "tenant_needed"));
        assert_eq!(error.problem().members["tenants"], json!([{ "slug": "duka", "name": "Duka Ltd" }]));
        assert!(refused(LoginError::Invalid).problem().members.is_empty());
    }
}
