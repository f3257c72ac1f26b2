//! Wrong models and wrong uses do not compile, and the message says what to write.
//!
//! `TRYBUILD=overwrite cargo test -p reposit-derive-tests --test ui` keeps the present messages;
//! look at the difference.

#[test]
fn wrong_models_and_uses_do_not_compile() {
    let cases = trybuild::TestCases::new();
    // With a case that passes all are built, not only checked: some rules hold only then.
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/*.rs");
}
