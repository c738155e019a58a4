//! What the compiler says about mistakes in tasks: each file in `ui/` is one mistake.
//!
//! `TRYBUILD=overwrite cargo test -p taskloom --test ui` writes the messages anew.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
