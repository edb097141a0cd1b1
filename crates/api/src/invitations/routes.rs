use actix_web::HttpRequest;
use actix_web::web::{self, Data};
use cotenant_domain::invitations::{self, Accept, AcceptBy, Invitation};
use cotenant_domain::tenancy::Permission;

use super::schemas::{AcceptBody, AcceptedView, InvitationQuery, InvitationView, InviteBody};
use crate::answer::{created, found, nothing, page};
use crate::app::App;
use crate::audience::Audience;
use crate::error::{Answer, ApiError, ErrorItem};
use crate::etag::IfMatch;
use crate::extract::{Acting, Body, Member, PathId, Query, Visitor, origin};
use crate::route::Route;

const ALL: &str = "/api/v1/invitations";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_invitations", ALL, || web::to(list)).needs(Permission::InvitationsRead).says(|doc| {
            doc.tag("Invitations")
                .about("List invitations", "The tenant's invitations, open or not.")
                .query::<InvitationQuery>()
                .gives_pages::<InvitationView>()
        }),
        Route::post("invite", ALL, || web::to(invite)).needs(Permission::InvitationsCreate).says(|doc| {
            doc.tag("Invitations")
                .about("Invite somebody", "A message goes to the address. The answer is the same whether or not the address is known.")
                .takes::<InviteBody>()
                .gives_versioned::<InvitationView>(201)
                .fails(&["beyond_own_rights", "people_only", "too_many_roles", "unknown_role", "unknown_store", "id_taken", "quota_exceeded", "too_many_invitations"])
        }),
        Route::delete("withdraw_invitation", "/api/v1/invitations/{invitation_id}", || web::to(withdraw))
            .needs(Permission::InvitationsDelete)
            .says(|doc| {
                doc.tag("Invitations")
                    .about("Withdraw an invitation", "The token that was sent opens nothing from then on.")
                    .if_match()
                    .gives_nothing()
                    .fails(&["not_pending"])
            }),
        Route::post("accept_invitation", "/api/v1/invitations/accept", || web::to(accept)).has_secrets()
            .serves(Audience::Visitor)
            .says(|doc| {
                doc.tag("Invitations")
                    .about("Accept an invitation", "A new person gives a name and a password; who has an account signs in and gives the token alone, or, with no tenant left to sign in to, the token and their password.")
                    .takes::<AcceptBody>()
                    .gives::<AcceptedView>(200)
                    .fails(&[
                        "invitation_not_found", "sign_in_first", "already_member", "membership_suspended", "invalid_password",
                        "invalid_credentials", "too_many_attempts", "busy", "quota_exceeded",
                    ])
            }),
    ]
}

async fn list(app: Data<App>, actor: Acting, query: Query<InvitationQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let invitations = invitations::list(&actor, &app.deps, query.value.command(binding)?).await?;
    page(invitations, binding, InvitationView::from)
}

async fn invite(app: Data<App>, actor: Member, body: Body<InviteBody>) -> Answer {
    let invitation = invitations::invite(&actor, &app.deps, body.0.try_into()?).await?;
    created(format!("{ALL}/{}", invitation.base.id), invitation.base.version, InvitationView::from(invitation))
}

async fn withdraw(app: Data<App>, actor: Acting, PathId(id): PathId<Invitation>, seen: IfMatch) -> Answer {
    invitations::withdraw(&actor, &app.deps, id, seen.0).await?;
    nothing()
}

async fn accept(app: Data<App>, req: HttpRequest, visitor: Visitor, body: Body<AcceptBody>) -> Answer {
    let AcceptBody { token, display_name, password } = body.0;
    let by = match (&visitor.0, display_name, password) {
        (Some(member), None, None) => AcceptBy::Known(member),
        (None, Some(display_name), Some(password)) => {
            AcceptBy::New { display_name: display_name.valid()?, password: password.valid()? }
        }
        (None, None, Some(password)) => AcceptBy::Returning { password: password.valid()? },
        (None, name, password) => return Err(lacking(name.is_none(), password.is_none())),
        (Some(_), name, password) => return Err(surplus(name.is_some(), password.is_some())),
    };
    let accepted = invitations::accept(&app.deps, origin(&req), Accept { token: token.valid()?, by }).await?;
    found(AcceptedView::from(accepted))
}

fn lacking(name: bool, password: bool) -> ApiError {
    at_fault(name, password, "is needed from a new person; who has an account signs in first")
}

fn surplus(name: bool, password: bool) -> ApiError {
    at_fault(name, password, "is not taken from who is signed in")
}

fn at_fault(name: bool, password: bool, detail: &str) -> ApiError {
    let items = [("/display_name", name), ("/password", password)];
    ApiError::invalid(items.into_iter().filter(|(_, at)| *at).map(|(p, _)| ErrorItem::pointer(p, detail)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fields_at_fault_are_named() {
        let pointers =
            |error: ApiError| error.problem().errors.iter().filter_map(|e| e.pointer.clone()).collect::<Vec<_>>();
        assert_eq!(pointers(lacking(true, true)), ["/display_name", "/password"]);
        assert_eq!(pointers(surplus(false, true)), ["/password"]);
    }
}
