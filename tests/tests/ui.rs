//! Wrong models and wrong uses do not compile, and the message says what to write.
//!
//! `TRYBUILD=overwrite cargo test -p reposit-tests --test ui` keeps the present messages; look at
//! the difference.

#[test]
fn compile_fail() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
