//! Where bytes are: what host and contract give each other the address of.
#![expect(unsafe_code, reason = "addresses that cross between contract and host")]

use std::mem::ManuallyDrop;
use std::{ptr, slice};

/// CosmWasm's region.
#[repr(C)]
pub(super) struct Region {
    offset: u32,
    capacity: u32,
    length: u32,
}

impl Region {
    /// Bytes to be read, or to be written as far as they go.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an address and a length have 32 bits on this target"
    )]
    pub(super) fn of(bytes: &[u8]) -> Self {
        let length = bytes.len() as u32;
        Self { offset: bytes.as_ptr().expose_provenance() as u32, capacity: length, length }
    }

    /// Room for the host to write so many bytes.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an address and a length have 32 bits on this target"
    )]
    pub(super) fn room(room: &mut Vec<u8>) -> Self {
        let offset = room.as_mut_ptr().expose_provenance() as u32;
        Self { offset, capacity: room.capacity() as u32, length: 0 }
    }

    #[expect(clippy::cast_possible_truncation, reason = "an address has 32 bits on this target")]
    pub(super) fn address(&self) -> u32 {
        ptr::from_ref(self).expose_provenance() as u32
    }

    /// Bytes that the host has written.
    pub(super) fn written(&self) -> usize {
        // The host changes it through its address.
        // SAFETY: It is a reference.
        let length = unsafe { ptr::from_ref(&self.length).read_volatile() };
        length as usize
    }
}

/// The bytes of an entry point's argument. They are never freed: an instance lives for one call.
///
/// # Safety
/// `region` is the address of a region that the host had from `allocate` and filled, and that nobody frees.
pub(super) unsafe fn argument(region: u32) -> &'static [u8] {
    // SAFETY: The caller's promise.
    unsafe {
        let region = &*ptr::with_exposed_provenance::<Region>(region as usize);
        slice::from_raw_parts(ptr::with_exposed_provenance(region.offset as usize), region.length as usize)
    }
}

/// Takes over what the host returns: a vector without a copy, or nothing for address zero.
///
/// # Safety
/// `region` is zero or the address of a region that the host had from `allocate` and filled, and that is given away here.
pub(super) unsafe fn returned(region: u32) -> Option<Vec<u8>> {
    if region == 0 {
        return None;
    }
    // SAFETY: `allocate` makes a box of a region, and its bytes of a vector of this capacity.
    unsafe {
        let region = Box::from_raw(ptr::with_exposed_provenance_mut::<Region>(region as usize));
        let start = ptr::with_exposed_provenance_mut(region.offset as usize);
        Some(Vec::from_raw_parts(start, region.length as usize, region.capacity as usize))
    }
}

/// Leaves bytes to the host, which reads them after the entry point has returned.
pub(super) fn leave(bytes: Vec<u8>) -> u32 {
    let bytes = ManuallyDrop::new(bytes);
    Box::leak(Box::new(Region::of(&bytes))).address()
}
