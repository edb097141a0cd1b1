use actix_web::HttpRequest;
use actix_web::web::{self, Data};
use cotenant_domain::addresses::{self, ChangeAddress};

use super::schemas::{ChangeAddressBody, ConfirmAddressBody, ConfirmedView};
use crate::answer::{accepted, found};
use crate::app::App;
use crate::audience::Audience;
use crate::error::Answer;
use crate::extract::{Body, Caller, origin};
use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("verify_email", "/api/v1/auth/email-verifications", || web::to(verify))
            .serves(Audience::SignedIn)
            .says(|doc| {
                doc.tag("Signing in")
                    .about(
                        "Verify one's address",
                        "Sends a message with a token to one's own address, unless it was verified before.",
                    )
                    .accepts()
            }),
        Route::post("change_email", "/api/v1/auth/email-changes", || web::to(change)).has_secrets().serves(Audience::SignedIn).says(
            |doc| {
                doc.tag("Signing in")
                    .about(
                        "Change one's address",
                        "Sends a message with a token to the next and one to the present address; the change takes effect when \
                         both have come back. The answer is the same where the next address is somebody's already.",
                    )
                    .takes::<ChangeAddressBody>()
                    .accepts()
                    .fails(&["wrong_password", "too_many_attempts", "busy"])
            },
        ),
        Route::post("confirm_email", "/api/v1/auth/email-confirmations", || web::to(confirm)).has_secrets().says(|doc| {
            doc.tag("Signing in")
                .about(
                    "Confirm an address",
                    "With the token of a message, which works once. A change of address ends every session of the person but \
                     the one that asked for it.",
                )
                .takes::<ConfirmAddressBody>()
                .gives::<ConfirmedView>(200)
                .fails(&["address_change_not_found"])
        }),
    ]
}

async fn verify(app: Data<App>, caller: Caller) -> Answer {
    addresses::request_verification(&app.deps, caller.person()).await?;
    accepted()
}

async fn change(app: Data<App>, caller: Caller, body: Body<ChangeAddressBody>) -> Answer {
    let ChangeAddressBody { email, current_password } = body.0;
    let cmd = ChangeAddress { email: email.valid()?, current_password: current_password.valid()? };
    addresses::request_change(&app.deps, caller.person(), cmd).await?;
    accepted()
}

async fn confirm(app: Data<App>, req: HttpRequest, body: Body<ConfirmAddressBody>) -> Answer {
    let confirmed = addresses::confirm(&app.deps, &origin(&req), body.0.token.valid()?).await?;
    found(ConfirmedView::from(confirmed))
}
