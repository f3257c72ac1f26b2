//! The derives' code among hostile names.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    unused_results,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unused_lifetimes
)]
#![allow(dead_code)]

use reposit::Repository;
use reposit::definition::KeyKind;

/// No name of the prelude is taken for granted.
#[no_implicit_prelude]
mod no_prelude {
    #[derive(::serde::Serialize, ::serde::Deserialize, ::reposit::Repository)]
    #[repository(index(name = "by_all", hash = "team", range = ["at", "level"], projection = ["note"]))]
    pub(crate) struct Everything {
        #[hash_key]
        id: ::std::string::String,
        #[range_key]
        at: ::std::time::SystemTime,
        #[index(unique)]
        email: ::std::option::Option<::std::string::String>,
        #[index(range = "level")]
        team: ::std::string::String,
        #[index(local)]
        level: Level,
        owner: Owner,
        note: ::std::option::Option<::std::string::String>,
        home: Home,
        #[ttl(seconds = 60)]
        expires: i64,
        #[version]
        revision: u64,
    }

    #[derive(::serde::Serialize, ::serde::Deserialize, ::std::clone::Clone, ::reposit::Key)]
    pub(crate) enum Level {
        Low,
        High,
    }

    #[derive(::serde::Serialize, ::serde::Deserialize, ::std::clone::Clone, ::reposit::Key)]
    pub(crate) struct Owner(::std::string::String);

    #[derive(::serde::Serialize, ::serde::Deserialize, ::std::clone::Clone, ::reposit::Embedded)]
    pub(crate) struct Home {
        city: ::std::string::String,
        since: ::std::time::SystemTime,
    }

    #[derive(::serde::Serialize, ::serde::Deserialize, ::std::clone::Clone, ::reposit::FieldType)]
    pub(crate) enum Shape {
        Round { radius: u32 },
        Square(u32),
    }

    #[derive(::serde::Deserialize, ::reposit::Projection)]
    #[projection(of = Everything)]
    pub(crate) struct Part {
        id: ::std::string::String,
        level: Level,
    }
}

/// A user's types may be called as std's are.
mod shadowed {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, Clone, reposit::Key)]
    pub(crate) struct String(std::string::String);

    #[derive(Serialize, Deserialize, Clone, reposit::Embedded)]
    pub(crate) struct Vec {
        len: u64,
    }

    #[derive(Serialize, Deserialize, Clone, reposit::Key)]
    pub(crate) enum Some {
        None,
        Ok,
    }

    #[derive(Serialize, Deserialize, reposit::Repository)]
    pub(crate) struct Option {
        #[hash_key]
        id: String,
        vec: Vec,
        #[index]
        some: Some,
    }

    #[derive(Serialize, Deserialize, reposit::Repository)]
    pub(crate) struct Result {
        #[hash_key]
        id: u64,
        #[version]
        version: u32,
    }

    #[derive(Serialize, Deserialize, reposit::Repository)]
    pub(crate) struct Repository {
        #[hash_key]
        id: u64,
    }

    #[derive(Serialize, Deserialize, reposit::Repository)]
    pub(crate) struct Field {
        #[hash_key]
        id: u64,
    }

    // Names that other code in scope may have.
    mod core {}
    mod std_like {}
    pub(crate) struct Self_;
}

/// The runtime under another name.
mod renamed {
    mod deep {
        pub(super) use reposit as orm;
    }

    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, reposit::Repository)]
    #[repository(crate = "self::deep::orm", name = "renamed")]
    pub(super) struct Model {
        #[hash_key]
        pub(super) id: Id,
        nested: Nested,
    }

    #[derive(Serialize, Deserialize, Clone, reposit::Key)]
    #[repository(crate = "deep::orm")]
    pub(crate) struct Id(pub(crate) u64);

    #[derive(Serialize, Deserialize, Clone, reposit::Embedded)]
    #[repository(crate = "crate::renamed::deep::orm")]
    pub(crate) struct Nested {
        a: u32,
    }
}

/// Field names that generated code could have used for itself.
#[derive(serde::Serialize, serde::Deserialize, Repository)]
#[repository(name = "names")]
struct Names {
    #[hash_key]
    self_: u64,
    #[range_key]
    r#type: String,
    #[index(range = "r#async")]
    db: String,
    r#async: i64,
    #[index(range = "records")]
    record: String,
    records: u64,
    #[index(unique)]
    key: String,
    #[index(unique)]
    keys: Option<String>,
    #[index(local)]
    f: u64,
    #[index(range = "m")]
    v: u64,
    m: u64,
    #[serde(with = "plus_one")]
    s: u64,
    definition: u32,
    __r: u32,
    __p: u32,
    #[version]
    value: u64,
}

mod plus_one {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(value + 1)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        Ok(u64::deserialize(d)?.saturating_sub(1))
    }
}

/// Types and words that come through a macro by example.
macro_rules! model {
    ($name:ident, $table:literal, $key:ident: $ty:ty, $field:ident: $other:ty, $seconds:literal) => {
        #[derive(serde::Serialize, serde::Deserialize, Repository)]
        #[repository(name = $table)]
        struct $name {
            #[hash_key]
            $key: $ty,
            #[index(range = $table)]
            $field: $other,
            #[ttl(seconds = $seconds)]
            lives: i64,
        }
    };
}

model!(ByExample, "lives", id: String, team: Option<String>, 60);

/// Documented and public, in a public module: nothing undocumented comes of it.
pub mod public {
    /// A model.
    #[derive(serde::Serialize, serde::Deserialize, reposit::Repository)]
    pub struct Public {
        /// The key.
        #[hash_key]
        pub id: String,
        private: Hidden,
        #[serde(flatten)]
        flat: Flat,
        #[serde(skip)]
        cache: Cache,
    }

    /// A nested struct.
    #[derive(serde::Serialize, serde::Deserialize, Clone, reposit::Embedded)]
    pub struct Nested {
        /// A field.
        pub city: String,
        inner: Option<Hidden>,
    }

    #[derive(serde::Serialize, serde::Deserialize, Clone, reposit::FieldType)]
    struct Hidden(u32);

    #[derive(serde::Serialize, serde::Deserialize, Clone, reposit::Embedded)]
    struct Flat {
        more: String,
    }

    /// No field type at all: it is not stored.
    #[derive(Default)]
    struct Cache;
}

/// What was written by hand may be deprecated or named against the rules; what is made of it warns of nothing.
#[derive(serde::Serialize, serde::Deserialize, Repository)]
#[repository(index(name = "ByOld", hash = "old"))]
struct Deprecated {
    #[hash_key]
    id: String,
    #[deprecated]
    old: String,
    #[deprecated]
    #[version]
    counter: u64,
}

#[test]
fn in_a_function() {
    #[derive(serde::Serialize, serde::Deserialize, Repository)]
    struct Local {
        #[hash_key]
        id: LocalId,
        nested: LocalNested,
    }
    #[derive(serde::Serialize, serde::Deserialize, Clone, Debug, PartialEq, reposit::Key)]
    struct LocalId(String);
    #[derive(serde::Serialize, serde::Deserialize, Clone, reposit::Embedded)]
    struct LocalNested {
        a: u32,
    }

    let local = Local { id: LocalId("x".to_owned()), nested: LocalNested { a: 1 } };
    assert_eq!(local.key(), LocalId("x".to_owned()));
    assert_eq!(Local::definition().name(), "local");
    let _: reposit::operation::Get<Local> = Local::get(&local.id);
    let _ = Local::NESTED.at(LocalNested::A).eq(1);
}

#[test]
fn hostile_field_names() {
    let definition = Names::definition();
    let names: Vec<_> = definition.fields().iter().map(|field| field.name).collect();
    let expected = [
        "self_",
        "type",
        "db",
        "async",
        "record",
        "records",
        "key",
        "keys",
        "f",
        "v",
        "m",
        "s",
        "definition",
        "__r",
        "__p",
        "value",
    ];
    assert_eq!(names, expected);
    assert_eq!(definition.hash_name(), "self_");
    assert_eq!(definition.range_name(), Some("type"));
    assert_eq!(definition.version(), Some("value"));
    let _ = Names::get(1, "a");
    let _ = Names::query(1).range("a".."b");
    let _ = Names::find_by_db("x").range(..5);
    let _ = Names::find_by_record("x").range(1..=2);
    let _ = Names::find_by_key("x");
    let _ = Names::find_by_keys("x");
    let _ = Names::find_by_f(1).range(..).consistent();
    let _ = Names::find_by_v(1).range(1..);
    let _ = Names::update(1, "a").set(Names::DB, "x").set(Names::ASYNC, 5).only_if(Names::TYPE.eq("a"));
}

#[test]
fn through_a_macro_by_example() {
    let definition = ByExample::definition();
    assert_eq!(definition.name(), "lives");
    assert_eq!(definition.indexes()[0].name, "by_team");
    assert!(definition.indexes()[0].sparse);
    assert_eq!(definition.ttl().map(|ttl| ttl.seconds), Some(60));
}

#[test]
fn local_indexes_and_keys_of_two_parts() {
    use no_prelude::{Everything, Level};
    let definition = Everything::definition();
    let local = definition.index("by_level").unwrap();
    assert!(local.local && !local.unique && !local.sparse);
    let parts: Vec<_> = local.parts().map(|part| definition.part_name(part)).collect();
    assert_eq!(parts, ["id", "level"]);
    assert_eq!(local.ranges()[0].kind, KeyKind::String);
    assert_eq!(definition.range().unwrap().kind, KeyKind::Instant);
    assert!(definition.index("by_email").unwrap().sparse);
    let _ = Everything::query("a").consistent();
    let _ = Everything::find_by_team("core").range(&Level::Low..&Level::High);
    let _ = Everything::HOME.at(no_prelude::Home::CITY).eq("Paris");
}

/// A key that is filled in may be a newtype.
#[derive(serde::Serialize, serde::Deserialize, Repository)]
struct Filled {
    #[hash_key(auto)]
    id: AutoId,
}

#[derive(serde::Serialize, serde::Deserialize, Clone, reposit::Key)]
struct AutoId(String);

#[test]
fn projections() {
    use reposit::Projection as _;
    assert_eq!(no_prelude::Part::FIELDS, ["id", "level"]);
}

#[test]
fn keys() {
    let model = renamed::Model::definition();
    assert_eq!(model.name(), "renamed");
    assert_eq!(model.hash().kind, KeyKind::Integer);
    assert_eq!(shadowed::Option::definition().hash().kind, KeyKind::String);
    assert_eq!(shadowed::Option::definition().name(), "option");
}
