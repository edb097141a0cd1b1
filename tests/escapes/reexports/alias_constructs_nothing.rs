// Under another name a proof is no easier to make.
mod prelude {
    pub use cotenant_domain::identity::VerifiedPerson as Person;
}

fn forge(user: cotenant_domain::identity::UserId) -> prelude::Person {
    prelude::Person(user)
}

fn main() {}
