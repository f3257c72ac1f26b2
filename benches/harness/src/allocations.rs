//! A global allocator that counts what is asked of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

static CALLS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);
static PAUSED: AtomicBool = AtomicBool::new(false);

/// The system's allocator, counted: `#[global_allocator] static COUNTED: Counted = Counted;`
pub struct Counted;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, signed(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(0, -signed(layout.size()));
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, signed(size) - signed(layout.size()));
        unsafe { System.realloc(at, layout, size) }
    }
}

fn count(calls: u64, bytes: i64) {
    if !PAUSED.load(Relaxed) {
        CALLS.fetch_add(calls, Relaxed);
        LIVE.fetch_add(bytes, Relaxed);
    }
}

/// Counts nothing from now on: threads that count in one place wait for each other.
pub fn pause() {
    PAUSED.store(true, Relaxed);
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// How many allocations and reallocations there were so far, on all threads.
pub fn calls() -> u64 {
    CALLS.load(Relaxed)
}

/// How many bytes are allocated now.
pub fn live() -> i64 {
    LIVE.load(Relaxed)
}
