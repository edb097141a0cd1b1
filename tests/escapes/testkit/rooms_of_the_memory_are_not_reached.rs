// What the tenants of a world own is not reached beside the ports.
use cotenant_testkit::MemoryDatabase;

fn look(memory: &MemoryDatabase) {
    let _ = &memory.published;
}

fn main() {}
