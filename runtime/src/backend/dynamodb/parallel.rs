//! How much of one call is under way at a time.

use futures_util::{StreamExt as _, stream};

use crate::backend::BoxFuture;

/// How many batches are under way at a time.
pub(super) const BATCHES: usize = 4;
/// How many requests for single items are under way at a time.
pub(super) const ITEMS: usize = 8;

/// Runs all of these, but no more than `limit` at a time. The results come in the order in which they
/// were ready.
pub(super) async fn join_limited<T: Send>(tasks: Vec<BoxFuture<'_, T>>, limit: usize) -> Vec<T> {
    stream::iter(tasks).buffer_unordered(limit).collect().await
}
