//! What a thread may wait for: on the one that asks, a read passes a few entries and begins anew elsewhere if it has to
//! go further. On a thread of the store it goes on, and waits for locks until its deadline.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::failure::{failed, is_busy};
use crate::error::{Error, ErrorKind, Result};

/// So many entries a read may pass at once. They stand side by side, on a few pages.
const FEW: u32 = 256;

/// How long the first wait for a lock is, and the longest.
const FIRST_PAUSE: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(4);

thread_local! {
    /// How many entries more may be passed on this thread; nothing if it may wait.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
    /// Whether the read on this thread is of a single key.
    static SINGLE: Cell<bool> = const { Cell::new(false) };
    /// How many entries this thread has passed.
    static PASSED: Cell<u32> = const { Cell::new(0) };
    /// Until when this thread may wait.
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Looks, but not far: nothing if it would take longer.
pub(super) fn at_once<T>(look: impl FnOnce() -> Result<T>) -> Option<Result<T>> {
    LEFT.set(Some(FEW));
    let seen = look();
    let ended = LEFT.replace(None) == Some(0);
    (!ended).then_some(seen)
}

/// Looks up a single key besides the catalogue: nothing if it takes more.
pub(super) fn singly<T>(look: impl FnOnce() -> Result<T>) -> Option<Result<T>> {
    SINGLE.set(true);
    let seen = at_once(look);
    SINGLE.set(false);
    seen
}

/// Whether the read is of a single key.
pub(super) fn is_single() -> bool {
    SINGLE.get()
}

/// Does what may wait until then.
pub(super) fn until<T>(deadline: Instant, act: impl FnOnce() -> T) -> T {
    let before = UNTIL.replace(Some(deadline));
    let done = act();
    UNTIL.set(before);
    done
}

/// Passes an entry.
pub(super) fn pass() -> Result<()> {
    match LEFT.get() {
        None => check_deadline(),
        Some(left) if left > 1 => {
            LEFT.set(Some(left - 1));
            Ok(())
        }
        Some(_) => give_up(),
    }
}

/// Ends what has passed many entries, and its deadline.
fn check_deadline() -> Result<()> {
    let passed = PASSED.get().wrapping_add(1);
    PASSED.set(passed);
    let is_late = || UNTIL.get().is_some_and(|until| until <= Instant::now());
    match passed.is_multiple_of(FEW) && is_late() {
        true => Err(Error::new(ErrorKind::Timeout, "there was more to read than there was time for")),
        false => Ok(()),
    }
}

/// Ends the read on this thread.
pub(super) fn give_up<T>() -> Result<T> {
    LEFT.set(Some(0));
    Err(Error::new(ErrorKind::Backend, "the read goes on elsewhere"))
}

/// Waits for a lock that someone else has, a moment at a time.
pub(super) struct Wait(Duration);

impl Wait {
    pub(super) fn new() -> Self {
        Self(FIRST_PAUSE)
    }

    /// Pauses; an error if this thread may wait no longer.
    pub(super) fn pause(&mut self, why: rusqlite::Error) -> Result<()> {
        if is_busy(&why) && LEFT.get().is_some() {
            return give_up();
        }
        let left = UNTIL.get().map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
        if !is_busy(&why) || left.is_zero() {
            return Err(failed(why));
        }
        std::thread::sleep(self.0.min(left));
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}
