//! Ways around the walls that must not compile: one file each, with what the compiler says about it.

/// Scopes, actors and verified people come from passed checks; units of work do no more than their scope allows.
#[test]
fn compile_fail_domain() {
    trybuild::TestCases::new().compile_fail("domain/*.rs");
}

/// What the tenant filter does not offer cannot be had from it.
#[test]
fn compile_fail_scoped() {
    trybuild::TestCases::new().compile_fail("scoped/*.rs");
}

/// Type parameters, bounds and implementations of one's own lead no further.
#[test]
fn compile_fail_generic() {
    trybuild::TestCases::new().compile_fail("generic/*.rs");
}

/// A second name or path leads to no more than the first.
#[test]
fn compile_fail_reexports() {
    trybuild::TestCases::new().compile_fail("reexports/*.rs");
}

/// The testkit gives people who signed in and ports to speak to, and nothing behind them.
#[test]
fn compile_fail_testkit() {
    trybuild::TestCases::new().compile_fail("testkit/*.rs");
}

/// A job works in the tenant of its envelope.
#[test]
fn compile_fail_jobs() {
    trybuild::TestCases::new().compile_fail("jobs/*.rs");
}
