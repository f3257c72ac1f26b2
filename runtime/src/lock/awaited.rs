//! What the compiler says if a lock is awaited and was never asked for. See `operation/awaited.rs`.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::acquire::LockRequest;
use super::lease::Lease;
use crate::error::Result;

/// A lock that was acquired.
#[diagnostic::on_unimplemented(
    message = "a lock was not acquired",
    label = "call `.acquire()` before `.await`",
    note = "a lock is not held until it is acquired: write `.acquire().await`"
)]
pub trait Acquired<LockRequest> {
    /// Nothing has one.
    const NEVER: Infallible;
}

/// A lock as it is before it is acquired.
#[derive(Debug, Clone, Copy)]
pub struct Unacquired;

#[doc(hidden)]
impl<'a> Future for LockRequest<'a>
where
    Unacquired: Acquired<LockRequest<'a>>,
{
    type Output = Result<Lease>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Lease>> {
        match <Unacquired as Acquired<LockRequest<'a>>>::NEVER {}
    }
}
