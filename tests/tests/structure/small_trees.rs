//! The test of the test: small made-up trees, whose circles are known.

use crate::graph::Graph;
use crate::source::{Crate, Files};

fn graph(files: &[(&str, &str)]) -> Graph {
    let files: Files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Crate::read(&files, "lib.rs").expect("a tree that can be read").graph()
}

fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    graph(files).circles().into_iter().map(|circle| circle.into_iter().collect()).collect()
}

fn edges(files: &[(&str, &str)]) -> Vec<(String, String)> {
    graph(files).edges.into_keys().collect()
}

fn edge(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

#[test]
fn files_that_import_each_other_are_a_circle() {
    let tree = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
        ("c.rs", "use crate::a::A; struct C(A);"),
    ];
    assert_eq!(circles(&tree), [["a.rs", "b.rs"]]);
}

#[test]
fn round_a_corner_it_is_one_too() {
    let tree = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "use crate::c::C; pub struct B(C);"),
        ("c.rs", "use crate::a::A; pub struct C(A);"),
    ];
    assert_eq!(circles(&tree), [["a.rs", "b.rs", "c.rs"]]);
}

#[test]
fn what_points_one_way_is_none() {
    let tree = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "pub struct A;"),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
        ("c.rs", "use crate::{a::A, b::B}; struct C(A, B);"),
    ];
    assert!(circles(&tree).is_empty());
    let floors: Vec<Vec<String>> = graph(&tree).floors().into_iter().map(|floor| floor.into_iter().collect()).collect();
    assert_eq!(floors, [vec!["a.rs", "lib.rs"], vec!["b.rs"], vec!["c.rs"]]);
}

#[test]
fn super_leads_to_the_parent_and_beyond() {
    let tree = [
        ("lib.rs", "mod a; mod z;"),
        ("a/mod.rs", "mod b; use self::b::helper; pub struct A; fn f() { helper() }"),
        ("a/b.rs", "use super::A; use super::super::z::Z; pub fn helper() {}"),
        ("z.rs", "pub struct Z;"),
    ];
    assert_eq!(circles(&tree), [["a/b.rs", "a/mod.rs"]]);
    assert!(edges(&tree).contains(&edge("a/b.rs", "z.rs")));
}

#[test]
fn a_path_in_code_is_an_import() {
    let tree = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub fn f() -> crate::b::B { todo(0..crate::b::MOST) }"),
        ("b.rs", "pub const MOST: u8 = 1; pub struct B; fn g() { super::a::f(); }"),
    ];
    assert_eq!(circles(&tree), [["a.rs", "b.rs"]]);
}

#[test]
fn a_module_that_is_imported_counts_where_something_is_taken_out_of_it() {
    let tree = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b; use crate::c; fn f() { b::g() }"),
        ("b.rs", "pub fn g() {}"),
        ("c.rs", "pub fn h() {}"),
    ];
    assert_eq!(edges(&tree), [edge("a.rs", "b.rs")]);
}

#[test]
fn comments_and_strings_do_not_count() {
    let tree = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        (
            "b.rs",
            r##"
            //! [`crate::a::A`]
            /// use crate::a::A;
            pub struct B; // crate::a::A
            /* use crate::a::A; */
            const C: &str = "use crate::a::A;";
            const D: &str = r#"crate::a::A"#;
            "##,
        ),
    ];
    assert_eq!(edges(&tree), [edge("a.rs", "b.rs")]);
}

#[test]
fn what_only_tests_have_does_not_count() {
    let tree = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        (
            "b.rs",
            "pub struct B;
            #[cfg(test)] mod tests;
            #[cfg(test)] mod more { use crate::a::A; }
            #[cfg(test)] use crate::a::A;
            #[cfg(all(test, feature = \"x\"))] fn f() { crate::a::g() }
            #[cfg(not(test))] fn g() {}",
        ),
        ("b/tests.rs", "use crate::a::A;"),
    ];
    assert_eq!(edges(&tree), [edge("a.rs", "b.rs")]);
}

#[test]
fn a_reexport_leads_to_the_file_that_defines_the_item() {
    let tree = [
        ("lib.rs", "mod a; mod user; pub use a::Thing as Renamed;"),
        ("a/mod.rs", "mod inner; mod other; pub use inner::*; pub(crate) use other::{Other, deep::Deep};"),
        ("a/inner.rs", "pub struct Thing;"),
        ("a/other.rs", "pub struct Other; pub mod deep { use super::super::Thing; pub struct Deep(Thing); }"),
        ("user.rs", "use crate::a::{Deep, Other}; use crate::Renamed; struct User(Deep, Other, Renamed);"),
    ];
    assert_eq!(
        edges(&tree),
        [edge("a/other.rs", "a/inner.rs"), edge("user.rs", "a/inner.rs"), edge("user.rs", "a/other.rs")]
    );
}

#[test]
fn a_reexport_that_its_module_uses_itself_is_an_import() {
    let tree = [
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b; pub use b::{B, Unused}; pub struct A(B); enum E { Unused }"),
        ("a/b.rs", "use super::A; pub struct B; pub struct Unused;"),
    ];
    assert_eq!(circles(&tree), [["a/b.rs", "a/mod.rs"]]);
    let only_passed_on = [tree[0], ("a/mod.rs", "mod b; pub use b::{B, Unused}; pub struct A;"), tree[2]];
    assert!(circles(&only_passed_on).is_empty());
}

#[test]
fn nested_imports_over_several_lines_are_read() {
    let tree = [
        ("lib.rs", "mod a; mod b; mod c; mod user;"),
        ("a.rs", "pub struct A; pub mod x { pub struct X; }"),
        ("b.rs", "pub struct B;"),
        ("c.rs", "pub fn f() {}"),
        (
            "user.rs",
            "use std::fmt;\nuse crate::{\n    a::{self, A, x::{X, X as Y}},\n    b::B as Bee,\n    c::*,\n};\n",
        ),
    ];
    assert_eq!(edges(&tree), [edge("user.rs", "a.rs"), edge("user.rs", "b.rs"), edge("user.rs", "c.rs")]);
}

#[test]
fn names_of_other_crates_methods_and_fields_are_no_imports() {
    let tree = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub fn check() {} pub struct Kind;"),
        ("b.rs", "mod inner; pub use crate::a::{check, Kind}; fn f(x: X) { x.check(); X { check: 1 }; serde::Kind; }"),
        ("b/inner.rs", "use serde::Serialize; use ::std::fmt; fn g<'check>() -> impl Sized + use<'check> {}"),
    ];
    assert_eq!(edges(&tree), []);
}

#[test]
fn a_macro_leads_to_the_file_that_makes_it() {
    let tree = [
        ("lib.rs", "#[macro_use] mod a; mod b; mod c;"),
        ("a.rs", "macro_rules! table { ($x:ident) => { $crate::c::C }; }"),
        ("b.rs", "table!(x);"),
        ("c.rs", "pub struct C;"),
    ];
    assert_eq!(edges(&tree), [edge("a.rs", "c.rs"), edge("b.rs", "a.rs")]);
    let of_its_own = ("b.rs", "macro_rules! table { () => {}; } table!(x);");
    assert_eq!(edges(&[tree[0], tree[1], of_its_own, tree[3]]), [edge("a.rs", "c.rs")]);
}

#[test]
fn a_file_that_is_missing_is_reported() {
    let files: Files = [("lib.rs".to_owned(), "mod gone;".to_owned())].into();
    assert_eq!(Crate::read(&files, "lib.rs").unwrap_err(), "lib.rs: mod gone has no file");
}
