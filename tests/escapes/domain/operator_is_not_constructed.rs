// So does an operator.
use cotenant_domain::identity::{SessionId, UserId};
use cotenant_domain::tenancy::{Operator, Origin};

fn forge(user: UserId, session: SessionId) -> Operator {
    Operator::new(user, session, 1, Origin::default())
}

fn main() {}
