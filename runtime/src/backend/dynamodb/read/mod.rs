//! Reads: by key, of several records at one moment, by a unique index, and page by page.

pub(crate) mod coverage;
pub(crate) mod find;
pub(crate) mod find_many;
pub(crate) mod get;
pub(crate) mod guards;
pub(crate) mod pages;
pub(crate) mod query;
pub(crate) mod scan;
pub(crate) mod snapshot;
