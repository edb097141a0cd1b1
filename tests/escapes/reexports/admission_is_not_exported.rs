// The one line that makes a scope of the wrapper's is not exported.
use cotenant_infrastructure::unit::admit;

fn main() {}
