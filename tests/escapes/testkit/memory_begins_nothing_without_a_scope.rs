// Without a scope the memory begins nothing.
use cotenant_testkit::MemoryDatabase;

async fn write(memory: &MemoryDatabase) {
    let _ = memory.writer().await;
}

fn main() {}
