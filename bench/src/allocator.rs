//! Counts the bytes that are allocated, while it is told to.

#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Only memory is measured while this is set. The times are measured before, when an allocation costs
/// one load and a branch that is always predicted more than the system's own, for the peer and for us.
static COUNTS: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, and how much of it is in use.
struct Counting;

// SAFETY: every call goes to the system's allocator with the arguments as they came, and gives what
// that gives. The counters are apart from the memory, and touching them neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`, which is the same there.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is the same there.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrunk(layout.size());
        // SAFETY: the pointer came from `System` with this layout, by the caller's contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // In place where the system can, as large blocks do; so the old and the new are not added up.
        shrunk(layout.size());
        grown(size);
        // SAFETY: the pointer came from `System` with this layout, by the caller's contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn grown(bytes: usize) {
    if COUNTS.load(Relaxed) {
        let live = LIVE.fetch_add(bytes, Relaxed).wrapping_add(bytes);
        PEAK.fetch_max(live, Relaxed);
    }
}

fn shrunk(bytes: usize) {
    if COUNTS.load(Relaxed) {
        LIVE.fetch_sub(bytes, Relaxed);
    }
}

/// Counts from here on. What was allocated before must not be freed while it counts, or be small.
pub(crate) fn start() {
    // Far from zero, since small things from before are freed all the same.
    LIVE.store(ZERO, Relaxed);
    PEAK.store(ZERO, Relaxed);
    COUNTS.store(true, Relaxed);
}

/// Ends counting.
pub(crate) fn stop() {
    COUNTS.store(false, Relaxed);
}

const ZERO: usize = 1 << 40;

/// How many bytes are in use that were not at the start.
pub(crate) fn live() -> usize {
    LIVE.load(Relaxed).saturating_sub(ZERO)
}

/// The most that were in use since the start, or since [`forget_peak`].
pub(crate) fn peak() -> usize {
    PEAK.load(Relaxed).saturating_sub(ZERO)
}

/// Begins a new peak at what is in use now.
pub(crate) fn forget_peak() {
    PEAK.store(LIVE.load(Relaxed), Relaxed);
}
