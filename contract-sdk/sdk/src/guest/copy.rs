//! `memcpy` by words of eight bytes, wherever they are. The compiler's own goes by four, and puts words together where source and
//! destination are not aligned alike; on the machine whose runs are proven, that is most of what a call costs.
#![expect(unsafe_code, reason = "addresses")]

/// Bytes of a round of the long loop.
const ROUND: usize = 32;

/// C's `memcpy`.
///
/// # Safety
/// C's: both ranges are memory of the contract's, and do not overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: The caller's promise; every word lies within the ranges.
    unsafe {
        if length >= 8 {
            words(to, from, length);
        } else if length >= 4 {
            ends::<u32>(to, from, length);
        } else if length >= 2 {
            ends::<u16>(to, from, length);
        } else if length == 1 {
            to.write(from.read());
        }
    }
    to
}

/// Eight bytes or more: word by word, and at last the word that ends where the range does, some of it for the second time.
#[inline(always)]
unsafe fn words(mut to: *mut u8, mut from: *const u8, length: usize) {
    // SAFETY: As above.
    unsafe {
        let (last_to, last_from) = (to.add(length - 8), from.add(length - 8));
        let mut left = length - 8;
        while left >= ROUND {
            for place in [0, 8, 16, 24] {
                word(to.add(place), from.add(place));
            }
            (to, from, left) = (to.add(ROUND), from.add(ROUND), left - ROUND);
        }
        while left > 0 {
            word(to, from);
            (to, from, left) = (to.add(8), from.add(8), left.saturating_sub(8));
        }
        word(last_to, last_from);
    }
}

#[inline(always)]
unsafe fn word(to: *mut u8, from: *const u8) {
    // SAFETY: As above.
    unsafe { to.cast::<u64>().write_unaligned(from.cast::<u64>().read_unaligned()) }
}

/// One `T` at each end: as many bytes as one has, or up to twice as many.
#[inline(always)]
unsafe fn ends<T>(to: *mut u8, from: *const u8, length: usize) {
    let last = length - size_of::<T>();
    // SAFETY: As above.
    unsafe {
        let end = from.add(last).cast::<T>().read_unaligned();
        to.cast::<T>().write_unaligned(from.cast::<T>().read_unaligned());
        to.add(last).cast::<T>().write_unaligned(end);
    }
}
