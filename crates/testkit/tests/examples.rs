//! The examples do what they say.

#[path = "../examples/restock.rs"]
mod restock;

#[test]
fn a_job_of_ones_own_is_done() {
    restock::main();
}
