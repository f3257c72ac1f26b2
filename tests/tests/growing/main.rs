//! Models that change while their records stay: for each change both releases of a model are at work on one store at the same
//! time, and what each is told is the same on every backend.
//!
//! The tables of what came out are a page of the docs, `docs/growing.md`; `REPOSIT_BLESS=1` writes them anew.

#[macro_use]
mod side_by_side;
mod dates;
mod fields;
#[macro_use]
mod contested_values;
mod fixture;
mod indexes;
mod keys;
mod lifetimes;
mod own_dates;
mod own_expiry;
mod page;
mod versions;

use reposit_tests::report;
use reposit_tests::servers::Target;

/// Runs a change on every backend, and compares what was told there and with the page.
macro_rules! changes {
    ($($module:ident: $($name:ident)*;)*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let mut told: Option<page::Section> = None;
                for &target in Target::ALL {
                    let (fixture, label) = fixture::Fixture::on(target).await;
                    let section = $module::$name(fixture).await;
                    if let Some(told) = &told {
                        assert_eq!(&section, told, "{label} tells otherwise than memory");
                    }
                    report::ran(concat!("growing::", stringify!($name)), &label);
                    told = Some(section);
                }
                page::compare(stringify!($name), &told.expect("there are backends"));
            }
        )*)*

        /// The page has a section for each change, and no other.
        #[test]
        fn the_page_has_every_change() {
            page::has_exactly(&[$($(stringify!($name)),*),*]);
        }
    };
}

changes! {
    fields: a_field_with_a_default_is_added a_field_without_a_default_is_added a_field_is_removed
        a_field_is_renamed_with_an_alias a_field_is_renamed_without_one the_type_of_a_field_changes;
    keys: the_type_of_a_key_changes the_key_is_another_field;
    versions: a_version_is_added a_version_is_removed;
    lifetimes: a_ttl_is_added a_ttl_is_removed a_ttl_gets_other_seconds a_ttl_moves_to_another_field;
    dates: a_ttl_on_an_instant_is_added a_version_and_then_a_ttl_are_added;
    indexes: an_index_is_added an_index_is_removed an_index_is_renamed an_index_is_made_unique
        a_unique_index_is_added a_unique_index_is_removed a_unique_index_is_renamed an_index_is_unique_no_longer;
}
