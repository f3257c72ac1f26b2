//! The expansions of whole inputs, against those that were looked over and kept.
//!
//! `REPOSIT_BLESS=1 cargo test -p reposit-macros` keeps the present ones; look at the difference.

use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;
use syn::DeriveInput;

fn compare(case: &str, derive: fn(&DeriveInput) -> TokenStream) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/expand/golden");
    let source = fs::read_to_string(folder.join(format!("{case}.rs"))).unwrap();
    let input = syn::parse_str(&source).unwrap();
    let file = syn::parse2(derive(&input)).unwrap();
    let actual = prettyplease::unparse(&file);
    let kept = folder.join(format!("{case}.expected"));
    if std::env::var_os("REPOSIT_BLESS").is_some() {
        fs::write(kept, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(kept).unwrap_or_default();
    assert!(expected == actual, "the expansion of {case} is now:\n{actual}");
}

#[test]
fn models() {
    for case in ["user", "event", "broken"] {
        compare(case, super::derive);
    }
}

#[test]
fn values() {
    compare("address", crate::values::embedded);
    compare("user_id", crate::values::key);
    compare("level", crate::values::key);
    compare("summary", crate::projection::derive);
}

#[test]
fn another_crate_path_is_used_throughout() {
    let source = include_str!("golden/event.rs");
    let code = super::derive(&syn::parse_str(source).unwrap()).to_string();
    assert!(code.contains("crate :: orm :: __private"));
    assert!(!code.contains(":: reposit"));
}
