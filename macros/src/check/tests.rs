//! What is made of serde's attributes, and the fine print of the rules; whole messages are in the compile-fail tests.

use syn::{DeriveInput, parse_quote};

use crate::ctxt::Ctxt;
use crate::model::{Codec, Model, Storage};
use crate::parse;

/// The model, and how many mistakes it has.
fn checked(input: &DeriveInput) -> (Model, usize) {
    let cx = Ctxt::default();
    let written = parse::input(&cx, input).unwrap();
    let model = super::model(&cx, &written);
    let errors = cx.into_compile_errors().to_string();
    (model, errors.matches("compile_error").count())
}

/// How each field is stored: its name, `(name)` with a function of its own, `..` flattened, `-` not at all.
fn stored(input: &DeriveInput) -> Vec<String> {
    let (model, errors) = checked(input);
    assert_eq!(errors, 0);
    let show = |field: &crate::model::Field| match &field.storage {
        Storage::Own { codec: Codec::Plain, .. } => field.stored.clone(),
        Storage::Own { .. } => format!("({})", field.stored),
        Storage::Flattened => "..".to_owned(),
        Storage::Skipped => "-".to_owned(),
    };
    model.fields.iter().map(show).collect()
}

#[test]
fn names_follow_serde() {
    let model: DeriveInput = parse_quote! {
        #[serde(rename_all = "SCREAMING-KEBAB-CASE", deny_unknown_fields, bound(serialize = "T: X"))]
        #[serde(crate = "x::serde", expecting = "a user")]
        struct User {
            #[hash_key]
            user_id: String,
            #[serde(rename = "e-mail", alias = "mail", alias = "address")]
            email: String,
            #[serde(rename(serialize = "x", deserialize = "x"))]
            r#type: u32,
            r#async: u32,
        }
    };
    assert_eq!(stored(&model), ["USER-ID", "e-mail", "x", "ASYNC"]);
}

#[test]
fn halves_of_rename_all_may_agree() {
    let model: DeriveInput = parse_quote! {
        #[serde(rename_all(serialize = "camelCase", deserialize = "camelCase"))]
        struct User {
            #[hash_key]
            user_id: String,
        }
    };
    assert_eq!(stored(&model), ["userId"]);
    let model: DeriveInput = parse_quote! {
        #[serde(rename_all(deserialize = "camelCase"))]
        struct User {
            #[hash_key]
            id: String,
            user_name: String,
            #[serde(skip)]
            not_stored: String,
        }
    };
    assert_eq!(checked(&model).1, 1, "`id` is the same either way, `user_name` is not");
}

#[test]
fn storage_follows_serde() {
    let model: DeriveInput = parse_quote! {
        struct User {
            #[hash_key]
            id: Vec<u8>,
            #[serde(with = "hex")]
            zero: Vec<u8>,
            #[serde(serialize_with = "a::b")]
            one: u32,
            #[serde(deserialize_with = "a::b")]
            two: u32,
            #[serde(skip)]
            three: u32,
            #[serde(skip_serializing, skip_deserializing)]
            four: u32,
            #[serde(default)]
            five: u32,
            #[serde(flatten)]
            six: Rest,
            #[serde(skip_serializing_if = "Option::is_none")]
            seven: Option<u32>,
            #[serde(default = "eight", borrow, getter = "x")]
            eight: u32,
        }
    };
    assert_eq!(stored(&model), ["id", "(zero)", "(one)", "(two)", "-", "-", "five", "..", "seven", "eight"]);
    let positions: Vec<usize> = checked(&model).0.fields.iter().map(crate::model::Field::position).collect();
    assert_eq!(positions, [0, 1, 2, 3, 0, 0, 4, 0, 5, 6]);
}

#[test]
fn what_is_skipped_is_skipped_both_ways() {
    let model: DeriveInput = parse_quote! {
        struct User {
            #[hash_key]
            id: String,
            #[serde(skip_serializing, default)]
            one: u32,
            #[serde(skip_deserializing)]
            two: Option<u32>,
        }
    };
    assert_eq!(checked(&model).1, 2);
}

#[test]
fn what_is_found_by_its_value_is_written_by_its_type() {
    let model: DeriveInput = parse_quote! {
        struct User {
            #[hash_key]
            #[serde(with = "hex")]
            id: Vec<u8>,
            #[range_key]
            #[serde(serialize_with = "a::b")]
            at: u32,
            #[index(range = "two")]
            #[serde(deserialize_with = "a::b")]
            one: u32,
            #[serde(with = "hex")]
            two: Vec<u8>,
        }
    };
    assert_eq!(checked(&model).1, 4);
}

#[test]
fn what_may_be_absent_needs_a_default() {
    let wrong: DeriveInput = parse_quote! {
        struct User {
            #[hash_key]
            id: String,
            #[serde(skip_serializing_if = "is_zero")]
            one: u32,
            #[serde(skip_serializing_if = "Option::is_none", with = "hex")]
            two: Option<Vec<u8>>,
        }
    };
    assert_eq!(checked(&wrong).1, 2);
    let right: DeriveInput = parse_quote! {
        #[serde(default)]
        struct User {
            #[hash_key]
            id: String,
            #[serde(skip_serializing_if = "is_zero")]
            one: u32,
        }
    };
    assert_eq!(checked(&right).1, 0);
}

#[test]
fn table_names() {
    for (name, errors) in [("abc", 0), ("a.b-C_9", 0), ("ab", 1), ("a b", 1), ("größe", 1), ("system.x", 1)] {
        let model: DeriveInput = parse_quote! {
            #[repository(name = #name)]
            struct User {
                #[hash_key]
                id: String,
            }
        };
        assert_eq!(checked(&model).1, errors, "{name}");
    }
    let long = "x".repeat(256);
    let model: DeriveInput = parse_quote! {
        #[repository(name = #long)]
        struct User {
            #[hash_key]
            id: String,
        }
    };
    assert_eq!(checked(&model).1, 1);
}

#[test]
fn indexes_in_the_order_of_fields_then_of_the_struct() {
    let model: DeriveInput = parse_quote! {
        #[repository(index(name = "last", hash = "r#type"), index(hash = "id", name = "own", range = ["at", "type"]))]
        struct User {
            #[hash_key]
            id: String,
            #[range_key]
            at: u64,
            #[index(local)]
            #[index(unique, name = "one")]
            size: u64,
            #[index]
            r#type: String,
        }
    };
    let (model, errors) = checked(&model);
    assert_eq!(errors, 0);
    let shown: Vec<_> =
        model.indexes.iter().map(|index| (index.finder.to_string(), index.parts().collect::<Vec<_>>())).collect();
    let expected = [
        ("find_by_size", vec![0, 2]),
        ("find_one", vec![2]),
        ("find_by_type", vec![3]),
        ("find_last", vec![3]),
        ("find_own", vec![0, 1, 3]),
    ];
    assert_eq!(shown, expected.map(|(name, parts)| (name.to_owned(), parts)));
}

#[test]
fn no_attribute_is_too_odd_to_be_read() {
    let odd = [
        "repository",
        "repository()",
        "repository(,)",
        "repository(,,)",
        "repository(name)",
        "repository(name =)",
        "repository(name = ,)",
        "repository(name = \"users\" = 5)",
        "repository(name(\"users\"))",
        "repository(name::first = \"users\")",
        "repository(\"users\")",
        "repository = \"users\"",
        "repository[name]",
        "repository(read_capacity = 99999999999999999999, write_capacity = 1.5)",
        "repository(index, index(), index = 1, index(index()))",
        "repository(index(name = 5, hash = id, range))",
        "repository(index(name = \"a b\", hash = \"\"), crate = 5)",
        "repository(crate = \"\", crate)",
        "repository(r#name = \"users\", type = 1, fn)",
        "index(range = [])",
        "index(range = [[\"a\"]])",
        "index(range = [\"a\", ])",
        "index(range = { \"a\" })",
        "index(name = \"r#type\", projection = \"\")",
        "index(projection(all))",
        "index(unique, unique(), unique = 1)",
        "index = \"team\"",
        "index[]",
        "ttl(seconds)",
        "ttl(seconds = 99999999999999999999)",
        "ttl(seconds = -1, -1, 'a', seconds)",
        "ttl = 60",
        "hash_key(auto = true, auto())",
        "hash_key()",
        "hash_key(\"auto\")",
        "range_key()",
        "version = 1",
        "created_at(now)",
        "serde",
        "serde()",
        "serde(5)",
        "serde = \"x\"",
        "serde(rename)",
        "serde(rename = 5)",
        "serde(rename(serialize))",
        "serde(rename_all = \"Camel\", with = \"a b\", with)",
        "serde(rename(deserialize = \"a\", deserialize = \"b\"))",
    ];
    for attribute in odd {
        for source in [
            format!("#[{attribute}] struct User {{ #[hash_key] id: String, team: String }}"),
            format!("struct User {{ #[{attribute}] id: String, #[index] team: String }}"),
            format!("#[{attribute}] enum User {{}}"),
            format!("#[{attribute}] struct r#type<T>(T);"),
        ] {
            let input: DeriveInput = syn::parse_str(&source).unwrap();
            for derive in [
                crate::expand::derive,
                crate::values::key,
                crate::values::embedded,
                crate::values::field_type,
                crate::projection::derive,
            ] {
                assert!(syn::parse2::<syn::File>(derive(&input)).is_ok(), "{source}");
            }
        }
    }
}

#[test]
fn no_field_is_named_too_oddly() {
    for name in ["r#type", "ß", "ŉame", "ΐ", "größe", "__", "A", "a1", "ﬁ"] {
        let source = format!("struct User {{ #[hash_key] #[index(name = \"one\")] {name}: String }}");
        let Ok(input) = syn::parse_str::<DeriveInput>(&source) else { continue };
        assert!(syn::parse2::<syn::File>(crate::expand::derive(&input)).is_ok(), "{source}");
    }
}
