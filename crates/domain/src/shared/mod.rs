//! What every feature uses; nothing here is named after a feature.

mod chance;
mod clock;
mod fault;
mod id;
mod money;
mod page;
mod secret;
mod text;

pub use chance::Chance;
pub use clock::{Clock, rfc3339, whole_microseconds};
pub use fault::{Fault, FaultKind, FieldFault, RepositoryError};
pub use id::{Id, IdSource};
pub use money::{Currency, InvalidCurrency, InvalidTimezone, Timezone};
pub use page::{Direction, Limit, Page, PageRequest, Position, SortValue};
pub use secret::{SecretBytes, SecretSource};
pub use text::{
    Code, Description, DisplayName, EmailAddress, InvalidText, Justification, Name, PlanName, Reason, Sku, Slug, fold,
};
