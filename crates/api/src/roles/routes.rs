use actix_web::web::{self, Data};
use cotenant_domain::roles::{self, Role};
use cotenant_domain::tenancy::Permission;

use super::preview::{PreviewQuery, PreviewView};
use super::schemas::{ChangeRoleBody, CreateRoleBody, PermissionView, RoleQuery, RoleView};
use crate::answer::{DeletedView, created, deleted, found, page, versioned, whole};
use crate::app::App;
use crate::error::Answer;
use crate::etag::IfMatch;
use crate::extract::{Acting, Body, PathId, Query};
use crate::route::Route;

const ALL: &str = "/api/v1/roles";
const ONE: &str = "/api/v1/roles/{role_id}";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_permissions", "/api/v1/permissions", || web::to(catalog)).needs(Permission::RolesRead).says(
            |doc| {
                doc.tag("Roles")
                    .about("List permissions", "Everything that a role can hold.")
                    .gives_pages::<PermissionView>()
            },
        ),
        Route::get("list_roles", ALL, || web::to(list)).needs(Permission::RolesRead).says(|doc| {
            doc.tag("Roles").about("List roles", "The tenant's roles.").query::<RoleQuery>().gives_pages::<RoleView>()
        }),
        Route::post("create_role", ALL, || web::to(create)).needs(Permission::RolesWrite).says(|doc| {
            doc.tag("Roles")
                .about("Create a role", "A named set of permissions, none of them beyond your own.")
                .takes::<CreateRoleBody>()
                .gives_versioned::<RoleView>(201)
                .fails(&["beyond_own_rights", "name_taken", "id_taken"])
        }),
        Route::get("view_role", ONE, || web::to(view))
            .needs(Permission::RolesRead)
            .says(|doc| doc.tag("Roles").about("View a role", "One role.").gives_versioned::<RoleView>(200)),
        Route::patch("change_role", ONE, || web::to(change)).needs(Permission::RolesWrite).says(|doc| {
            doc.tag("Roles")
                .about("Change a role", "It counts from the next request of everybody who holds the role.")
                .takes::<ChangeRoleBody>()
                .if_match()
                .gives_versioned::<RoleView>(200)
                .fails(&["beyond_own_rights", "name_taken", "rights_changed", "system_role"])
        }),
        Route::post("preview_role", "/api/v1/roles/{role_id}/preview", || web::to(preview))
            .needs(Permission::RolesWrite)
            .reads()
            .says(|doc| {
                doc.tag("Roles")
                    .about(
                        "Preview a change of a role",
                        "Who would gain and lose what, their other roles taken into account. Nothing is changed, and what the \
                         change would be refused for, this is. Without permissions it is what deleting the role would do. It \
                         shows members, and so needs `members.read` as well.",
                    )
                    .query::<PreviewQuery>()
                    .takes::<ChangeRoleBody>()
                    .if_match()
                    .gives::<PreviewView>(200)
                    .fails(&["beyond_own_rights", "name_taken", "system_role"])
            }),
        Route::delete("delete_role", ONE, || web::to(delete)).needs(Permission::RolesWrite).says(|doc| {
            doc.tag("Roles")
                .about("Delete a role", "From their next request on it gives nothing to those who held it.")
                .if_match()
                .gives::<DeletedView>(200)
                .fails(&["beyond_own_rights", "rights_changed", "system_role"])
        }),
    ]
}

async fn catalog(actor: Acting) -> Answer {
    let permissions = roles::catalog(&actor)?;
    whole(permissions.iter().copied().map(PermissionView::from).collect())
}

async fn list(app: Data<App>, actor: Acting, query: Query<RoleQuery>) -> Answer {
    let binding = query.binding(Some(actor.tenant_id()));
    let roles = roles::list(&actor, &app.deps, query.value.command(binding)?).await?;
    page(roles, binding, RoleView::from)
}

async fn create(app: Data<App>, actor: Acting, body: Body<CreateRoleBody>) -> Answer {
    let role = roles::create(&actor, &app.deps, body.0.try_into()?).await?;
    created(format!("{ALL}/{}", role.base.id), role.base.version, RoleView::from(role))
}

async fn view(app: Data<App>, actor: Acting, PathId(id): PathId<Role>) -> Answer {
    one(roles::view(&actor, &app.deps, id).await?)
}

async fn change(
    app: Data<App>,
    actor: Acting,
    PathId(id): PathId<Role>,
    seen: IfMatch,
    body: Body<ChangeRoleBody>,
) -> Answer {
    one(roles::change(&actor, &app.deps, id, body.0.command(seen.0)?).await?)
}

async fn preview(
    app: Data<App>,
    actor: Acting,
    PathId(id): PathId<Role>,
    query: Query<PreviewQuery>,
    seen: IfMatch,
    body: Body<ChangeRoleBody>,
) -> Answer {
    let change = body.0.command(seen.0)?;
    let permissions = change.permissions.map(|set| set.codes().join(" "));
    let binding = query.binding_with(Some(actor.tenant_id()), "permissions", permissions.unwrap_or("-".into()));
    let preview = roles::preview(&actor, &app.deps, id, query.value.command(change, binding)?).await?;
    found(PreviewView::new(preview, binding))
}

async fn delete(app: Data<App>, actor: Acting, PathId(id): PathId<Role>, seen: IfMatch) -> Answer {
    deleted(roles::delete(&actor, &app.deps, id, seen.0).await?)
}

fn one(role: Role) -> Answer {
    versioned(role.base.version, RoleView::from(role))
}
