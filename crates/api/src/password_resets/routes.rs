use actix_web::HttpRequest;
use actix_web::web::{self, Data};
use cotenant_domain::password_resets::{self, ConfirmReset};

use super::schemas::{ConfirmResetBody, RequestResetBody};
use crate::answer::{accepted, nothing};
use crate::app::App;
use crate::error::Answer;
use crate::extract::{Body, origin};
use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("request_password_reset", "/api/v1/auth/password-resets", || web::to(request)).has_secrets().says(|doc| {
            doc.tag("Signing in")
                .about(
                    "Forgot the password",
                    "Sends a message with a token to whoever has the address. The answer is the same whether or not anybody has.",
                )
                .takes::<RequestResetBody>()
                .accepts()
        }),
        Route::post("confirm_password_reset", "/api/v1/auth/password-resets/confirm", || web::to(confirm)).has_secrets().says(|doc| {
            doc.tag("Signing in")
                .about(
                    "Set a forgotten password anew",
                    "With the token of the message, which works once. Every session of the person ends, and none begins.",
                )
                .takes::<ConfirmResetBody>()
                .gives_nothing()
                .fails(&["reset_not_found", "invalid_password", "busy"])
        }),
    ]
}

async fn request(app: Data<App>, req: HttpRequest, body: Body<RequestResetBody>) -> Answer {
    password_resets::request(&app.deps, &origin(&req), body.0.email.valid()?).await?;
    accepted()
}

async fn confirm(app: Data<App>, req: HttpRequest, body: Body<ConfirmResetBody>) -> Answer {
    let cmd = ConfirmReset { token: body.0.token.valid()?, new_password: body.0.new_password.valid()? };
    password_resets::confirm(&app.deps, &origin(&req), cmd).await?;
    nothing()
}
