// There is no actor by default.
use cotenant_domain::tenancy::Actor;

fn any<T: Default>() -> T {
    T::default()
}

fn main() {
    any::<Actor>();
}
