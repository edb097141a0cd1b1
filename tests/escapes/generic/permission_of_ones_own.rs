// Nobody declares a permission of their own that is passed with the right to read and gives the right to write.
use cotenant_domain::tenancy::{Needs, Permission, Write};

struct StoresReadToWrite;

impl Needs for StoresReadToWrite {
    type Access = Write;
    const PERMISSION: Permission = Permission::StoresRead;
}

fn main() {}
