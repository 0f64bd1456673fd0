//! The export `execute`, and the two imports that it needs. `cosmwasm_std` has the same inside, where contracts cannot reach
//! it without its JSON.
#![expect(unsafe_code, reason = "addresses that cross between contract and host")]

use std::{ptr, slice};

use crate::{Store, contract};

/// Where bytes are: what host and contract give each other the address of.
#[repr(C)]
struct Region {
    offset: u32,
    capacity: u32,
    length: u32,
}

unsafe extern "C" {
    fn db_read(key: u32) -> u32;
    fn db_write(key: u32, value: u32);
}

#[unsafe(no_mangle)]
extern "C" fn execute(_env: u32, info: u32, message: u32) -> u32 {
    // SAFETY: The host calls with regions that it had from `allocate` and filled, and no one frees them.
    let (info, message) = unsafe { (bytes(info), bytes(message)) };
    let answer = contract::answer(contract::execute(&mut Host, info, message));
    // Both outlive the function, as the host reads them after it: the instance ends then.
    let region = Box::leak(Box::new(Region::of(&answer)));
    std::mem::forget(answer);
    region.address()
}

/// # Safety
/// `region` is the address of a region whose bytes are set, and neither changes any more.
unsafe fn bytes(region: u32) -> &'static [u8] {
    // SAFETY: The caller's promise.
    unsafe {
        let region = &*ptr::with_exposed_provenance::<Region>(region as usize);
        slice::from_raw_parts(ptr::with_exposed_provenance(region.offset as usize), region.length as usize)
    }
}

/// The bytes without a copy: copying a count costs more than adding to it.
///
/// # Safety
/// `region` is the address of a region that `allocate` made of a vector, and that is given away here.
unsafe fn vector(region: u32) -> Vec<u8> {
    // SAFETY: The caller's promise.
    unsafe {
        let region = &*ptr::with_exposed_provenance::<Region>(region as usize);
        let start = ptr::with_exposed_provenance_mut(region.offset as usize);
        Vec::from_raw_parts(start, region.length as usize, region.capacity as usize)
    }
}

impl Region {
    /// An address and a length have 32 bits on this target.
    fn of(bytes: &[u8]) -> Self {
        let length = bytes.len() as u32;
        Self { offset: bytes.as_ptr().expose_provenance() as u32, capacity: length, length }
    }

    fn address(&self) -> u32 {
        ptr::from_ref(self).expose_provenance() as u32
    }
}

struct Host;

impl Store for Host {
    fn read(&self, key: &[u8]) -> Option<Vec<u8>> {
        let key = Region::of(key);
        // SAFETY: The host reads the key, and answers with zero or a region that it had from `allocate` and filled.
        match unsafe { db_read(key.address()) } {
            0 => None,
            value => Some(unsafe { vector(value) }),
        }
    }

    fn write(&mut self, key: &[u8], value: &[u8]) {
        let (key, value) = (Region::of(key), Region::of(value));
        // SAFETY: The host reads both before it returns.
        unsafe { db_write(key.address(), value.address()) }
    }
}
