use crate::tenancy::{Actor, Denied, Permission, RolesRead};

/// Everything that a role can hold.
///
/// # Errors
///
/// [`Denied`] for who may not see roles.
pub fn catalog(actor: &Actor) -> Result<&'static [Permission], Denied> {
    actor.authorize(RolesRead)?;
    Ok(Permission::ALL)
}
