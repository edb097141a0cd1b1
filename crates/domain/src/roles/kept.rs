use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{read_permissions, stored_permissions};
use super::{ListRoles, Role, RoleId, RoleSort, SystemRole};
use crate::Deps;
use crate::cache::{Entry, load};
use crate::shared::{Direction, Page, Position, RepositoryError, SortValue};
use crate::tenancy::{Base, Permission, TenantBase};
use crate::tenants::TenantId;
use crate::uow::ReadUnit;

/// One live role.
enum One {}

/// A page of live roles.
enum Pages {}

/// Of a role an older server reads the permissions that it knows. What it kept is not for one that knows more.
const FORMAT: u16 = Permission::ALL.len() as u16;

/// How a live role is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    id: RoleId,
    tenant_id: TenantId,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
    name: String,
    description: Option<String>,
    permissions: String,
    system: Option<String>,
}

impl Form {
    fn of(role: &Role) -> Self {
        Self {
            id: role.base.id,
            tenant_id: role.base.tenant_id,
            created_at: role.base.created_at,
            updated_at: role.base.updated_at,
            version: role.base.version,
            name: role.name.to_string(),
            description: role.description.as_ref().map(ToString::to_string),
            permissions: stored_permissions(role),
            system: role.system.map(|system| system.key().to_owned()),
        }
    }

    fn role(self) -> Option<Role> {
        let base =
            Base { id: self.id, created_at: self.created_at, updated_at: self.updated_at, version: self.version };
        let system = match self.system {
            Some(key) => Some(SystemRole::from_key(&key)?),
            None => None,
        };
        Some(Role {
            base: TenantBase { base, tenant_id: self.tenant_id, deletion: None },
            name: self.name.parse().ok()?,
            description: self.description.map(|text| text.parse()).transpose().ok()?,
            permissions: read_permissions(&self.permissions),
            system,
        })
    }
}

impl Entry for One {
    const NAME: &'static str = "role";
    const FORMAT: u16 = FORMAT;
    type Of = RoleId;
    type Value = Role;
    type Form = Form;

    fn form(role: &Role) -> Form {
        Form::of(role)
    }

    fn value(form: Form) -> Option<Role> {
        form.role()
    }
}

/// Where a page of roles ends or begins: a folded name or, sorted by id, nothing; and an id.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    name: Option<String>,
    id: Uuid,
}

impl Place {
    /// `None` for a place that no list of roles has.
    fn of(position: &Position) -> Option<Self> {
        let name = match &position.value {
            SortValue::Id => None,
            SortValue::Text(name) => Some(name.clone()),
            SortValue::Time(_) | SortValue::Int(_) => return None,
        };
        Some(Self { name, id: position.id })
    }

    fn position(self) -> Position {
        Position { value: self.name.map_or(SortValue::Id, SortValue::Text), id: self.id }
    }
}

/// Which page.
#[derive(Serialize)]
struct Asked {
    limit: u32,
    by_name: bool,
    descending: bool,
}

impl Asked {
    /// `None` for what is not kept, since everybody may ask for something else, and would make as many values as they like: a
    /// text that is searched for, and a page that begins elsewhere than at the beginning.
    fn of(query: &ListRoles) -> Option<Self> {
        if query.filter.text.is_some() || query.page.after.is_some() {
            return None;
        }
        Some(Self {
            limit: query.page.limit.get(),
            by_name: query.page.sort == RoleSort::Name,
            descending: query.page.direction == Direction::Descending,
        })
    }
}

impl Entry for Pages {
    const NAME: &'static str = "roles";
    const FORMAT: u16 = FORMAT;
    type Of = Asked;
    type Value = Page<Role>;
    type Form = (Vec<Form>, Option<Place>);

    fn form(page: &Page<Role>) -> Self::Form {
        (page.items.iter().map(Form::of).collect(), page.next.as_ref().and_then(Place::of))
    }

    fn value((items, next): Self::Form) -> Option<Page<Role>> {
        let items = items.into_iter().map(Form::role).collect::<Option<_>>()?;
        Some(Page { items, next: next.map(Place::position) })
    }
}

/// A live role.
pub(super) async fn role(deps: &Deps, unit: &dyn ReadUnit, id: RoleId) -> Result<Option<Role>, RepositoryError> {
    load::<One>(&*deps.cache, unit, &id, unit.roles().find(id)).await
}

/// A page of live roles.
pub(super) async fn page(deps: &Deps, unit: &dyn ReadUnit, query: &ListRoles) -> Result<Page<Role>, RepositoryError> {
    let read = unit.roles().list(&query.filter, &query.page);
    let Some(asked) = Asked::of(query) else {
        return read.await;
    };
    let page = load::<Pages>(&*deps.cache, unit, &asked, async { read.await.map(Some) }).await?;
    Ok(page.unwrap_or(Page { items: Vec::new(), next: None }))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::roles::RoleFilter;
    use crate::shared::{Limit, PageRequest};
    use crate::tenancy::PermissionSet;

    fn role(name: &str, permissions: PermissionSet, system: Option<SystemRole>) -> Role {
        let now = datetime!(2026-11-23 22:00:00.123456 UTC);
        let (id, tenant_id) = (RoleId::new(Uuid::from_u128(1)), TenantId::new(Uuid::from_u128(2)));
        let description = system.is_none().then(|| "Counts".parse().unwrap());
        let base = TenantBase::new(id, tenant_id, now);
        Role { base, name: name.parse().unwrap(), description, permissions, system }
    }

    #[test]
    fn a_page_comes_back_as_it_was() {
        let next = Position { value: SortValue::Text("gérant".into()), id: Uuid::from_u128(1) };
        let items = vec![
            role("Owner", SystemRole::Owner.permissions(), Some(SystemRole::Owner)),
            role("Gérant", SystemRole::Member.permissions(), None),
            role("Nothing", PermissionSet::EMPTY, None),
        ];
        for page in [Page { items, next: Some(next) }, Page { items: Vec::new(), next: None }] {
            let bytes = serde_json::to_vec(&Pages::form(&page)).unwrap();
            assert_eq!(serde_json::from_slice(&bytes).ok().and_then(Pages::value), Some(page));
        }
    }

    #[test]
    fn each_first_page_is_asked_for_in_its_own_words_and_no_other_is_kept() {
        let request = PageRequest::<RoleSort>::default;
        let pages = [
            request(),
            PageRequest { limit: Limit::nearest(5), ..request() },
            PageRequest { sort: RoleSort::Name, ..request() },
            PageRequest { direction: Direction::Descending, ..request() },
        ];
        let asked = |page| Asked::of(&ListRoles { page, filter: RoleFilter::default() });
        let words = pages.map(|page| serde_json::to_string(&asked(page).unwrap()).unwrap());
        assert_eq!(words.iter().collect::<std::collections::BTreeSet<_>>().len(), words.len());
        let after = Some(Position { value: SortValue::Id, id: Uuid::from_u128(1) });
        assert!(asked(PageRequest { after, ..request() }).is_none(), "a cursor is whatever somebody sends");
        let search = RoleFilter { text: Some("a".into()) };
        assert!(Asked::of(&ListRoles { filter: search, ..ListRoles::default() }).is_none());
    }
}
