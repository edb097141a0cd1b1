//! Ways around the walls that must not compile: one file each in `domain/` and `scoped/`, with what the compiler says about it.

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
