//! Linear memory: pages of 64 KiB, seen by programs as bytes and by proofs as little-endian words of eight.

use std::fmt;

use crate::{DataImage, Trap, WORD_BYTES};

use super::step::WordAccess;

/// Bytes of a page.
pub const PAGE_BYTES: usize = 1 << 16;
/// Most pages of any program's memory; the runtime has the same limit.
pub const MAX_PAGES: u32 = 512;

/// The words that one access touches, in order of their addresses.
pub(super) type Words = [Option<WordAccess>; 2];

pub(super) struct Memory {
    bytes: Vec<u8>,
    maximum: u32,
}

impl Memory {
    /// The memory that a program starts with. What its data image has beyond that, no access can reach.
    pub(super) fn new((pages, maximum): (u32, u32), data: &DataImage) -> Self {
        let pages = pages.min(MAX_PAGES);
        let mut bytes = vec![0; pages as usize * PAGE_BYTES];
        let from = bytes.chunks_exact_mut(WORD_BYTES).skip(data.first as usize);
        for (place, word) in from.zip(&data.words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        Self { bytes, maximum: maximum.min(MAX_PAGES) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn pages(&self) -> u32 {
        u32::try_from(self.bytes.len() / PAGE_BYTES).unwrap_or(MAX_PAGES)
    }

    /// Adds pages of zeros, and says how many there were; `None` if that were too many.
    pub(super) fn grow(&mut self, more: u64) -> Option<u32> {
        let before = self.pages();
        let after = u64::from(before).checked_add(more).filter(|after| *after <= self.maximum.into())?;
        self.bytes.resize(usize::try_from(after).ok()? * PAGE_BYTES, 0);
        Some(before)
    }

    /// The `N` bytes at `base + offset`.
    #[inline(always)]
    pub(super) fn load<const N: usize>(&self, base: u64, offset: u64) -> Result<[u8; N], Trap> {
        start(base, offset)
            .and_then(|at| self.bytes.get(at..))
            .and_then(|bytes| bytes.first_chunk())
            .copied()
            .ok_or(Trap::MemoryOutOfBounds)
    }

    /// Writes the `N` bytes at `base + offset`, all or none.
    #[inline(always)]
    pub(super) fn store<const N: usize>(
        &mut self,
        base: u64,
        offset: u64,
        value: [u8; N],
    ) -> Result<(), Trap> {
        let place = start(base, offset)
            .and_then(|at| self.bytes.get_mut(at..))
            .and_then(|bytes| bytes.first_chunk_mut())
            .ok_or(Trap::MemoryOutOfBounds)?;
        *place = value;
        Ok(())
    }

    /// The words that an access of `length` bytes touches, as they are now: one, or two if it crosses from one to
    /// the next; none if it is not wholly within memory.
    pub(super) fn words(&self, base: u64, offset: u64, length: usize) -> Words {
        let last = |at: usize| at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let Some((at, end)) = start(base, offset).and_then(|at| Some((at, last(at)?))) else {
            return [None, None];
        };
        let (first, second) = (at / WORD_BYTES, (end - 1) / WORD_BYTES);
        [self.word(first), if second == first { None } else { self.word(second) }]
    }

    /// The same words after the access.
    pub(super) fn update(&self, words: &mut Words) {
        for access in words.iter_mut().flatten() {
            access.after = self.word(access.word as usize).map_or(access.after, |now| now.before);
        }
    }

    fn word(&self, number: usize) -> Option<WordAccess> {
        let bytes = self.bytes.get(number * WORD_BYTES..)?.first_chunk()?;
        let value = u64::from_le_bytes(*bytes);
        Some(WordAccess { word: u32::try_from(number).ok()?, before: value, after: value })
    }
}

/// The address, unless it is beyond what a machine word holds, and so beyond memory.
#[inline(always)]
fn start(base: u64, offset: u64) -> Option<usize> {
    usize::try_from(base.checked_add(offset)?).ok()
}

/// Without what is in it.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("pages", &self.pages())
            .field("maximum", &self.maximum)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn memory(pages: u32, maximum: u32) -> Memory {
        Memory::new((pages, maximum), &DataImage::default())
    }

    #[test]
    fn the_last_byte_is_within_and_the_next_is_not() {
        let mut memory = memory(1, 1);
        assert_eq!(memory.store(0xfff8, 0, [1; 8]), Ok(()));
        assert_eq!(memory.store(0xfff9, 0, [2; 8]), Err(Trap::MemoryOutOfBounds));
        assert_eq!(memory.load(0xffff, 0), Ok([1]), "nothing was written by the refused store");
        assert_eq!(memory.load::<1>(0xffff, 1), Err(Trap::MemoryOutOfBounds));
    }

    #[test]
    fn addresses_of_33_bits_do_not_wrap() {
        let memory = memory(1, 1);
        assert_eq!(memory.load::<1>(0xffff_ffff, 1), Err(Trap::MemoryOutOfBounds));
        assert_eq!(memory.load::<8>(0xffff_ffff, 0xffff_ffff), Err(Trap::MemoryOutOfBounds));
        assert_eq!(memory.load::<1>(u64::MAX, 1), Err(Trap::MemoryOutOfBounds), "nor of 64");
        assert_eq!(memory.words(u64::MAX, 1, 1), [None, None]);
    }

    #[test]
    fn memory_grows_up_to_its_maximum_and_never_beyond_512_pages() {
        let mut small = memory(1, 3);
        assert_eq!(
            [small.grow(0), small.grow(2), small.grow(1), small.grow(0)],
            [Some(1), Some(1), None, Some(3)]
        );
        let mut large = memory(u32::MAX, u32::MAX);
        assert_eq!((large.pages(), large.grow(1), large.grow(u64::MAX)), (512, None, None));
    }

    #[test]
    fn data_beyond_memory_is_nowhere() {
        let image = |first| DataImage { first, words: vec![0x0102, u64::MAX] };
        let at_the_end = Memory::new((1, 1), &image(8191));
        assert_eq!(at_the_end.load(0xfff8, 0), Ok([2, 1, 0, 0, 0, 0, 0, 0]));
        assert_eq!(at_the_end.bytes().len(), PAGE_BYTES);
        assert!(Memory::new((1, 1), &image(u32::MAX)).bytes().iter().all(|byte| *byte == 0));
    }

    proptest! {
        #[test]
        fn an_access_touches_the_words_that_its_bytes_are_in(at in 0u64..64, length in 1usize..=8, value: [u8; 8]) {
            let mut memory = memory(1, 1);
            memory.store(16, 0, value)?;
            let words: Vec<u32> = memory.words(at, 0, length).iter().flatten().map(|access| access.word).collect();
            let mut expected: Vec<u32> = (at..at + length as u64).map(|byte| u32::try_from(byte / 8).unwrap()).collect();
            expected.dedup();
            prop_assert_eq!(words, expected);
            for access in memory.words(at, 0, length).iter().flatten() {
                let holds = if access.word == 2 { u64::from_le_bytes(value) } else { 0 };
                prop_assert_eq!((access.before, access.after), (holds, holds));
            }
        }
    }
}
