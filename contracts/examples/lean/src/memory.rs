//! An allocator that gives memory and never takes it back: an instance of a contract runs one call and is thrown away. The
//! usual one keeps lists of what is free, which is most of what an allocation costs.
#![expect(unsafe_code, reason = "an allocator")]

use core::arch::wasm32::{memory_grow, memory_size};
use std::alloc::{GlobalAlloc, Layout};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const PAGE: usize = 64 * 1024;

unsafe extern "C" {
    /// The linker's: where the heap begins. Only its address means something.
    static __heap_base: u8;
}

/// The first byte that is free, once something was given. There is one thread: loads and stores are plain ones.
static NEXT: AtomicUsize = AtomicUsize::new(0);

struct Upwards;

#[global_allocator]
static ALLOCATOR: Upwards = Upwards;

// SAFETY: What is given lies behind all that was given before, inside of memory, and aligned.
unsafe impl GlobalAlloc for Upwards {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let next = match NEXT.load(Relaxed) {
            0 => (&raw const __heap_base).expose_provenance(),
            next => next,
        };
        give(next, layout).unwrap_or_else(ptr::null_mut)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // Memory begins as zeros, and nothing is given twice.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

fn give(next: usize, layout: Layout) -> Option<*mut u8> {
    // Alignments are powers of two.
    let start = next.checked_add(layout.align() - 1)? & !(layout.align() - 1);
    let end = start.checked_add(layout.size())?;
    let have = memory_size(0).checked_mul(PAGE)?;
    if end > have && memory_grow(0, (end - have).div_ceil(PAGE)) == usize::MAX {
        return None;
    }
    NEXT.store(end, Relaxed);
    Some(ptr::with_exposed_provenance_mut(start))
}
