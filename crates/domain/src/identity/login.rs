use secrecy::SecretString;

use super::LoginError;
use super::credential::{refuse, verify};
use super::model::{OwnMembership, VerifiedPerson};
use super::sign_in::{SignedIn, begin, usable};
use crate::Deps;
use crate::shared::{EmailAddress, Name, Slug};
use crate::tenancy::Origin;

/// A sign-in.
#[derive(Debug)]
pub struct Login {
    /// The person's address.
    pub email: EmailAddress,
    /// Their password, as typed.
    pub password: SecretString,
    /// The tenant; needed where the person belongs to several.
    pub tenant: Option<Slug>,
}

/// A tenant that a person can choose at sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantChoice {
    /// Its slug.
    pub slug: Slug,
    /// Its name.
    pub name: Name,
}

/// Signs a person in to one of their tenants. A suspended or expired tenant can be signed in to: seeing who one is,
/// switching and signing out work there.
///
/// # Errors
///
/// See [`LoginError`].
pub async fn login(deps: &Deps, origin: &Origin, cmd: Login) -> Result<SignedIn, LoginError> {
    let person = verify(deps, origin, &cmd.email, cmd.password).await?;
    let unit = deps.db.person().await?;
    let mine = usable(unit.people().memberships(VerifiedPerson::new(person.base.id)).await?);
    match pick(mine, cmd.tenant.as_ref()) {
        Pick::One(own) => {
            let id = person.base.id;
            match begin::<LoginError>(unit, deps, origin, person, own, None).await? {
                Some(signed_in) => Ok(signed_in),
                None => Err(refuse(deps, origin, Some(id)).await),
            }
        }
        Pick::Several(tenants) => Err(LoginError::TenantNeeded { tenants }),
        Pick::None => {
            // Two units at once would wait for each other where there is one writer.
            drop(unit);
            Err(refuse(deps, origin, Some(person.base.id)).await)
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Pick {
    None,
    One(OwnMembership),
    Several(Vec<TenantChoice>),
}

fn pick(mut mine: Vec<OwnMembership>, wanted: Option<&Slug>) -> Pick {
    if let Some(wanted) = wanted {
        mine.retain(|own| own.slug == *wanted);
    }
    if mine.len() > 1 {
        return Pick::Several(mine.into_iter().map(|own| TenantChoice { slug: own.slug, name: own.name }).collect());
    }
    mine.pop().map_or(Pick::None, Pick::One)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::sign_in::own;
    use crate::members::MembershipStatus::Active;
    use crate::tenants::TenantStatus;

    fn mine(slugs: &[&str]) -> Vec<OwnMembership> {
        slugs.iter().map(|slug| own(slug, Active, TenantStatus::Active)).collect()
    }

    #[test]
    fn a_single_tenant_needs_no_name() {
        assert_eq!(pick(mine(&["acme"]), None), Pick::One(mine(&["acme"]).remove(0)));
    }

    #[test]
    fn of_several_tenants_one_has_to_be_named() {
        let Pick::Several(choices) = pick(mine(&["acme", "globex"]), None) else { panic!("several") };
        assert_eq!(choices.iter().map(|choice| choice.slug.as_str()).collect::<Vec<_>>(), ["acme", "globex"]);
        assert_eq!(
            pick(mine(&["acme", "globex"]), Some(&"globex".parse().unwrap())),
            Pick::One(mine(&["globex"]).remove(0))
        );
    }

    #[test]
    fn a_tenant_of_others_is_like_no_tenant() {
        assert_eq!(pick(mine(&["acme"]), Some(&"globex".parse().unwrap())), Pick::None);
        assert_eq!(pick(mine(&["acme", "globex"]), Some(&"initech".parse().unwrap())), Pick::None);
        assert_eq!(pick(Vec::new(), None), Pick::None);
    }
}
