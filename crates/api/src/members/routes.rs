use actix_web::web::{self, Data};
use cotenant_domain::identity::Person;
use cotenant_domain::members;
use cotenant_domain::roles::Role;
use cotenant_domain::tenancy::Permission;

use super::schemas::{ChangeMemberBody, GrantQuery, MemberQuery, MemberView};
use crate::answer::{nothing, page, versioned};
use crate::app::App;
use crate::error::Answer;
use crate::etag::IfMatch;
use crate::extract::{Acting, Body, PathId, PathIds, Query};
use crate::route::Route;

const ALL: &str = "/api/v1/members";
const ONE: &str = "/api/v1/members/{user_id}";
const ROLE: &str = "/api/v1/members/{user_id}/roles/{role_id}";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_members", ALL, || web::to(list)).needs(Permission::MembersRead).says(|doc| {
            doc.tag("Members")
                .about("List members", "The people of the tenant.")
                .query::<MemberQuery>()
                .gives_pages::<MemberView>()
        }),
        Route::get("view_member", ONE, || web::to(view)).needs(Permission::MembersRead).says(|doc| {
            doc.tag("Members")
                .about("View a member", "One member who was not removed.")
                .gives_versioned::<MemberView>(200)
        }),
        Route::patch("change_member", ONE, || web::to(change)).needs(Permission::MembersUpdate).says(|doc| {
            doc.tag("Members")
                .about("Suspend or reactivate a member", "A suspended member's tokens end at once; the roles stay.")
                .takes::<ChangeMemberBody>()
                .if_match()
                .gives_versioned::<MemberView>(200)
                .fails(&["beyond_own_rights", "last_owner", "rights_changed"])
        }),
        Route::delete("remove_member", ONE, || web::to(remove)).needs(Permission::MembersRemove).says(|doc| {
            doc.tag("Members")
                .about(
                    "Remove a member",
                    "Their tokens and roles end at once. An invitation can bring them back, without the roles.",
                )
                .if_match()
                .gives_nothing()
                .fails(&["beyond_own_rights", "last_owner", "rights_changed"])
        }),
        Route::put("grant_role", ROLE, || web::to(grant)).needs(Permission::RolesGrant).says(|doc| {
            doc.tag("Members")
                .about(
                    "Give a role",
                    "In the whole tenant or at a store, never more than you hold there. A role held already stays.",
                )
                .query::<GrantQuery>()
                .gives_versioned::<MemberView>(200)
                .fails(&["beyond_own_rights", "rights_changed"])
        }),
        Route::delete("revoke_role", ROLE, || web::to(revoke)).needs(Permission::RolesGrant).says(|doc| {
            doc.tag("Members")
                .about("Take a role", "Where you could have given it. It counts from the member's next request on.")
                .query::<GrantQuery>()
                .gives_versioned::<MemberView>(200)
                .fails(&["beyond_own_rights", "last_owner", "rights_changed"])
        }),
    ]
}

async fn list(app: Data<App>, actor: Acting, query: Query<MemberQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let members = members::list(&actor, &app.deps, query.value.command(binding)?).await?;
    page(members, binding, MemberView::from)
}

async fn view(app: Data<App>, actor: Acting, PathId(user): PathId<Person>) -> Answer {
    one(members::view(&actor, &app.deps, user).await?)
}

async fn change(
    app: Data<App>,
    actor: Acting,
    PathId(user): PathId<Person>,
    seen: IfMatch,
    body: Body<ChangeMemberBody>,
) -> Answer {
    one(members::change(&actor, &app.deps, user, body.0.command(seen.0)?).await?)
}

async fn remove(app: Data<App>, actor: Acting, PathId(user): PathId<Person>, seen: IfMatch) -> Answer {
    members::remove(&actor, &app.deps, user, seen.0).await?;
    nothing()
}

async fn grant(
    app: Data<App>,
    actor: Acting,
    PathIds(user, role): PathIds<Person, Role>,
    query: Query<GrantQuery>,
) -> Answer {
    one(members::grant(&actor, &app.deps, query.value.grant(user, role)?).await?)
}

async fn revoke(
    app: Data<App>,
    actor: Acting,
    PathIds(user, role): PathIds<Person, Role>,
    query: Query<GrantQuery>,
) -> Answer {
    one(members::revoke(&actor, &app.deps, query.value.grant(user, role)?).await?)
}

fn one(member: members::Member) -> Answer {
    versioned(member.membership.version, MemberView::from(member))
}
