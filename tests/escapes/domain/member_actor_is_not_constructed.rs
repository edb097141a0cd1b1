// A member is known by a session; neither an actor nor a person's id makes one.
use cotenant_domain::tenancy::MemberActor;

fn main() {
    let _forge = MemberActor::new;
}
