//! How guest and host exchange bytes: a region is three little-endian `u32` in guest memory: offset, capacity, length.
//! Nothing that a guest says of a region is believed before it is checked.

use crate::failure::ContractFailure;

const LEN: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) offset: u32,
    pub(crate) capacity: u32,
    pub(crate) length: u32,
}

impl Region {
    /// Reads the region at `pointer`: its whole capacity lies inside of memory.
    pub(crate) fn at(memory: &[u8], pointer: u32) -> Result<Self, ContractFailure> {
        if pointer == 0 {
            return Err(ContractFailure::Region("a null pointer"));
        }
        let bytes =
            slice(memory, pointer, LEN).ok_or(ContractFailure::Region("the region is outside of memory"))?;
        let word = |at: usize| {
            let bytes = bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).unwrap_or_default();
            u32::from_le_bytes(bytes)
        };
        let region = Self { offset: word(0), capacity: word(4), length: word(8) };
        if region.offset == 0 {
            return Err(ContractFailure::Region("its offset is zero"));
        }
        if region.length > region.capacity {
            return Err(ContractFailure::Region("its length exceeds its capacity"));
        }
        let capacity = usize::try_from(region.capacity).unwrap_or(usize::MAX);
        slice(memory, region.offset, capacity)
            .ok_or(ContractFailure::Region("its buffer is outside of memory"))
            .map(|_| region)
    }

    /// The bytes, at most `limit` of them.
    pub(crate) fn read<'a>(
        &self,
        memory: &'a [u8],
        what: &'static str,
        limit: usize,
    ) -> Result<&'a [u8], ContractFailure> {
        let got = usize::try_from(self.length).unwrap_or(usize::MAX);
        if got > limit {
            return Err(ContractFailure::TooLong { what, got, limit });
        }
        slice(memory, self.offset, got).ok_or(ContractFailure::Region("its buffer is outside of memory"))
    }

    /// Writes bytes into the region at `pointer` and sets its length.
    pub(crate) fn write(memory: &mut [u8], pointer: u32, data: &[u8]) -> Result<(), ContractFailure> {
        let region = Self::at(memory, pointer)?;
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        if length > region.capacity {
            return Err(ContractFailure::Region("its capacity is smaller than what the host writes"));
        }
        slice_mut(memory, region.offset, data.len())
            .ok_or(ContractFailure::Region("its buffer is outside of memory"))?
            .copy_from_slice(data);
        // The length is the last of the three words; `at` has shown that they are inside of memory.
        let at = usize::try_from(pointer).unwrap_or(usize::MAX).saturating_add(8);
        memory
            .get_mut(at..at.saturating_add(4))
            .ok_or(ContractFailure::Region("the region is outside of memory"))?
            .copy_from_slice(&length.to_le_bytes());
        Ok(())
    }
}

fn slice(memory: &[u8], offset: u32, length: usize) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    memory.get(start..start.checked_add(length)?)
}

fn slice_mut(memory: &mut [u8], offset: u32, length: usize) -> Option<&mut [u8]> {
    let start = usize::try_from(offset).ok()?;
    memory.get_mut(start..start.checked_add(length)?)
}

/// CosmWasm's sections: each followed by its length (4 bytes, big-endian).
pub(crate) fn encode_sections(sections: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(sections.iter().map(|s| s.len() + 4).sum());
    for section in sections {
        out.extend_from_slice(section);
        out.extend(u32::try_from(section.len()).unwrap_or(u32::MAX).to_be_bytes());
    }
    out
}

/// Reads [`encode_sections`] back, at most `limit` of them.
pub(crate) fn decode_sections<'a>(
    mut data: &'a [u8],
    what: &'static str,
    limit: usize,
) -> Result<Vec<&'a [u8]>, ContractFailure> {
    let mut sections = Vec::new();
    while !data.is_empty() {
        if sections.len() == limit {
            return Err(ContractFailure::TooLong { what, got: limit.saturating_add(1), limit });
        }
        let (head, length) =
            data.split_last_chunk::<4>().ok_or(ContractFailure::Region("sections are malformed"))?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let start =
            head.len().checked_sub(length).ok_or(ContractFailure::Region("sections are malformed"))?;
        let (rest, section) = head.split_at(start);
        sections.push(section);
        data = rest;
    }
    sections.reverse();
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn memory(region: [u32; 3]) -> Vec<u8> {
        let mut memory = vec![0; 64];
        for (slot, word) in memory[8..20].chunks_mut(4).zip(region) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
        memory
    }

    #[test]
    fn a_region_inside_of_memory_is_read_and_written() {
        let mut memory = memory([32, 10, 3]);
        memory[32..35].copy_from_slice(b"abc");
        assert_eq!(Region::at(&memory, 8).unwrap().read(&memory, "text", 3), Ok(b"abc".as_slice()));
        Region::write(&mut memory, 8, b"defgh").unwrap();
        assert_eq!(Region::at(&memory, 8).unwrap().read(&memory, "text", 5), Ok(b"defgh".as_slice()));
    }

    #[test]
    fn regions_that_lie_are_refused() {
        let region = |words| Region::at(&memory(words), 8);
        assert!(matches!(Region::at(&memory([32, 1, 1]), 0), Err(ContractFailure::Region(_))));
        assert!(matches!(Region::at(&memory([32, 1, 1]), 60), Err(ContractFailure::Region(_))));
        assert!(matches!(Region::at(&memory([32, 1, 1]), u32::MAX), Err(ContractFailure::Region(_))));
        assert!(region([0, 1, 1]).is_err(), "zero offset");
        assert!(region([32, 2, 3]).is_err(), "length above capacity");
        assert!(region([32, 33, 1]).is_err(), "beyond the end");
        assert!(region([u32::MAX, u32::MAX, 0]).is_err(), "overflow");
        let memory_20 = memory([32, 20, 20]);
        let limit = Region::at(&memory_20, 8).unwrap().read(&memory_20, "text", 19);
        assert_eq!(limit, Err(ContractFailure::TooLong { what: "text", got: 20, limit: 19 }));
        assert!(Region::write(&mut memory([32, 2, 0]), 8, b"abc").is_err(), "too small");
    }

    proptest! {
        #[test]
        fn no_words_make_it_panic(words: [u32; 3], pointer: u32, small in 0u32..70) {
            let mut memory = memory(words);
            for pointer in [pointer, small, 8] {
                if let Ok(region) = Region::at(&memory, pointer) {
                    let _ = region.read(&memory, "text", 100);
                }
                let _ = Region::write(&mut memory, pointer, b"xyz");
            }
        }

        #[test]
        fn sections_survive_and_garbage_does_not_panic(parts: Vec<Vec<u8>>, garbage: Vec<u8>) {
            let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let encoded = encode_sections(&slices);
            prop_assert_eq!(decode_sections(&encoded, "parts", parts.len()), Ok(slices));
            if let Ok(parts) = decode_sections(&garbage, "parts", 1000) {
                prop_assert_eq!(encode_sections(&parts), garbage);
            }
        }
    }
}
