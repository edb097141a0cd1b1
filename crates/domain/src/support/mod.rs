//! Support: an operator at work inside a tenant, by an explicit, reasoned grant that ends by itself.
//!
//! # Why a grant and not a right
//!
//! Operators see no tenant's data, and no rank among them changes that. Who has to look into a tenant makes a grant: for
//! one tenant, for hours at most, with a reason that is written, in the same transaction, into the log of that tenant, whose
//! owners are told by mail. The tenant sees its grants and ends them when it likes.
//!
//! # Why a token of its own
//!
//! An operator's session opens no tenant's route, with or without a grant. The grant has a token instead, looked up at each
//! request like a key: so what is done under it is known by its grant, a script of support holds nothing that opens another
//! tenant or the platform, and ending the grant ends all of it at the next request. It outlives the session in which it was
//! made, and the operator's sign-out; it does not outlive the operator's rank, their password, or the tenant's deletion.
//!
//! # Why the rows are the platform's
//!
//! A tenant must not be able to lengthen a grant or to grant itself what is logged as an operator's doing. So grants are
//! made at the platform's door; in a tenant they are read, ended, and their use is noted.

mod end;
mod end_all;
mod error;
mod list;
mod make;
mod model;
mod note_use;
mod ports;
mod tell;

pub use end::{end, end_at_platform};
pub(crate) use end_all::{end_all_in, end_all_of};
pub use error::SupportError;
pub use list::{ListSupportGrants, list, list_at_platform};
pub use make::{LONGEST, MOST, MakeSupportGrant, NewSupportGrant, SHORTEST, USUAL, make};
pub use model::{End, SupportGrant, SupportGrantId, SupportToken};
pub use note_use::note_use;
pub use ports::{OwnSupportGrantReader, OwnSupportGrantRepository, SupportGrantFilter, SupportGrantRepository};
pub use tell::{OwnerToTell, TellOfSupport};
