// What works with every unit that writes does not work with one that reads.
use cotenant_domain::uow::{ReadUnit, WriteUnit};

fn writing<U: WriteUnit + ?Sized>(_: &U) {}

fn write(unit: &dyn ReadUnit) {
    writing(unit);
}

fn main() {}
