//! An allocator in few instructions. Blocks have powers of two; what is freed is kept in a list for its size and given again, never
//! divided or joined. So of each size there are as many blocks as were in use at once.
#![expect(unsafe_code, reason = "an allocator")]

use core::arch::wasm32::{memory_grow, memory_size};
use std::alloc::{GlobalAlloc, Layout};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const PAGE: usize = 64 * 1024;
/// The smallest block, and the alignment of all.
const SMALLEST: usize = 16;
/// Sizes of blocks: two to this power and below.
const CLASSES: usize = 31;

unsafe extern "C" {
    /// The linker's: where the heap begins. Only its address means something.
    static __heap_base: u8;
}

/// The first byte that was never given, once something was. There is one thread: loads and stores are plain ones.
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// For each size, the last block that was freed. Each holds the address of the one before it.
static FREED: [AtomicUsize; CLASSES] = [const { AtomicUsize::new(0) }; CLASSES];

struct Blocks;

#[global_allocator]
static ALLOCATOR: Blocks = Blocks;

/// The power of two that has room for the layout.
fn class(layout: Layout) -> usize {
    // Alignments are powers of two, so that a block of an alignment's size may be had at such an address.
    let size = layout.size().max(layout.align()).max(SMALLEST);
    // A layout has less than two to the 31 bytes.
    (usize::BITS - (size - 1).leading_zeros()) as usize
}

// SAFETY: A block is given once until it is freed, has room for its layout, and is aligned to 16 or, if more is asked for, fresh and
// aligned to that.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = class(layout);
        let Some(freed) = FREED.get(class) else { return ptr::null_mut() };
        let block = freed.load(Relaxed);
        if block == 0 || layout.align() > SMALLEST {
            return fresh(1 << class, layout.align().max(SMALLEST)).unwrap_or_else(ptr::null_mut);
        }
        let block = ptr::with_exposed_provenance_mut::<u8>(block);
        // SAFETY: A freed block holds the address of the one before it.
        freed.store(unsafe { block.cast::<usize>().read() }, Relaxed);
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(freed) = FREED.get(class(layout)) {
            // SAFETY: The block has room for an address, is aligned for one, and nobody uses it any more.
            unsafe { block.cast::<usize>().write(freed.load(Relaxed)) };
            freed.store(block.expose_provenance(), Relaxed);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: The caller's promise: the size, rounded up, is one that a layout may have.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if class(new) == class(layout) {
            return block;
        }
        // SAFETY: Both blocks have room for what is copied, and are not the same.
        unsafe {
            let moved = self.alloc(new);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// A block behind all others.
fn fresh(size: usize, align: usize) -> Option<*mut u8> {
    let next = match NEXT.load(Relaxed) {
        0 => (&raw const __heap_base).expose_provenance(),
        next => next,
    };
    let start = next.checked_add(align - 1)? & !(align - 1);
    let end = start.checked_add(size)?;
    let have = memory_size(0).checked_mul(PAGE)?;
    if end > have && memory_grow(0, (end - have).div_ceil(PAGE)) == usize::MAX {
        return None;
    }
    NEXT.store(end, Relaxed);
    Some(ptr::with_exposed_provenance_mut(start))
}
