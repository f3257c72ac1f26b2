//! The user's guide: one page on each subject. Every example is run by the tests.
//!
//! | Page | About |
//! |---|---|
//! | [models] | the derive, its attributes, what is stored |
//! | [keys and indexes](keys_and_indexes) | primary keys, secondary indexes, order |
//! | [queries] | ranges, filters, limits, streams, scans |
//! | [conditions] | what can be asked of a record, and what it means |
//! | [updates] | changes of fields, upserts, whole records |
//! | [paging] | pages and cursors |
//! | [uniqueness] | unique indexes |
//! | [versions] | optimistic locking |
//! | [transactions] | all or nothing |
//! | [batches] | many keys at once |
//! | [expiry] | records with a time to live |
//! | [growing] | changing a model in production |
//! | [existing tables](existing_tables) | a model over what other programs store |
//! | [locks] | one holder at a time, with a fencing token |
//! | [recipes] | a job queue, a rate limit, money and others, each a program |
//! | [porting] | the calls of three other libraries, and what they are here |
//! | [failures] | when a call fails: what was written, and what to do |
//! | [faults] | every write under every fault: what the caller gets |
//! | [configuration] | URLs, files, the environment |
//! | [backends] | what each is, costs and lacks, and one of your own |
//! | [sqlite] | the embedded store in a file |
//! | [redis] | Redis: what is stored, how to look at it, what can be lost |
//! | [PostgreSQL](postgresql) | its tables, its statements, its limits |
//! | [observing] | traces, metrics, and what operations cost |
//! | [caching] | giving again what was read |
//! | [testing] | a service under faults, by a seed |

// The pages link to each other as files. These definitions come first in each and turn the links into
// those of rustdoc.
macro_rules! pages {
    ($($(#[$when:meta])? $name:ident $file:literal)*) => {$(
        $(#[$when])?
        #[doc = concat!(
            "[models]: crate::guide::models\n",
            "[keys and indexes]: crate::guide::keys_and_indexes\n",
            "[queries]: crate::guide::queries\n",
            "[conditions]: crate::guide::conditions\n",
            "[updates]: crate::guide::updates\n",
            "[paging]: crate::guide::paging\n",
            "[uniqueness]: crate::guide::uniqueness\n",
            "[versions]: crate::guide::versions\n",
            "[transactions]: crate::guide::transactions\n",
            "[batches]: crate::guide::batches\n",
            "[expiry]: crate::guide::expiry\n",
            "[growing]: crate::guide::growing\n",
            "[existing tables]: crate::guide::existing_tables\n",
            "[locks]: crate::guide::locks\n",
            "[recipes]: crate::guide::recipes\n",
            "[porting]: crate::guide::porting\n",
            "[failures]: crate::guide::failures\n",
            "[faults]: crate::guide::faults\n",
            "[configuration]: crate::guide::configuration\n",
            "[backends]: crate::guide::backends\n",
            "[sqlite]: crate::guide::sqlite\n",
            "[redis]: crate::guide::redis\n",
            "[PostgreSQL]: crate::guide::postgresql\n",
            "[observing]: crate::guide::observing\n",
            "[caching]: crate::guide::caching\n",
            "[testing]: crate::guide::testing\n",
            "\n",
            include_str!(concat!("../docs/", $file)),
        )]
        pub mod $name {}
    )*};
}

pages! {
    models "models.md"
    keys_and_indexes "keys-and-indexes.md"
    queries "queries.md"
    conditions "conditions.md"
    updates "updates.md"
    paging "paging.md"
    uniqueness "uniqueness.md"
    versions "versions.md"
    transactions "transactions.md"
    batches "batches.md"
    expiry "expiry.md"
    growing "growing.md"
    existing_tables "existing-tables.md"
    locks "locks.md"
    recipes "recipes.md"
    porting "porting.md"
    failures "failures.md"
    faults "faults.md"
    configuration "configuration.md"
    backends "backends.md"
    #[cfg(feature = "sqlite")] sqlite "sqlite.md"
    redis "redis.md"
    postgresql "postgresql.md"
    observing "observing.md"
    caching "caching.md"
    testing "testing.md"
}

/// The README, whose blocks are run as well.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
