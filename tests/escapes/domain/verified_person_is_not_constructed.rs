// Who showed a valid credential is known to the crate that checked it.
use cotenant_domain::identity::{UserId, VerifiedPerson};

fn forge(user: UserId) -> VerifiedPerson {
    VerifiedPerson::new(user)
}

fn main() {}
