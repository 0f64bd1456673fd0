use super::LowerError;
use super::error::at_most;
use crate::{DataImage, PAGE_BYTES, WORD_BYTES};

/// Most bytes from the first to the last of all data segments: they are hashed for the program's commitment, gaps too.
const MAX_DATA_BYTES: u64 = 4 * 1024 * 1024;

/// Images begin and end at multiples of this many bytes, so that what is beside them is made of whole blocks of cells, which is what
/// the circuit of a run makes at once.
const BLOCK_BYTES: u64 = 8 * WORD_BYTES as u64;

/// The active data segments of a module.
#[derive(Default)]
pub(super) struct DataSegments<'a> {
    segments: Vec<(u64, &'a [u8])>,
}

impl<'a> DataSegments<'a> {
    pub(super) fn add(&mut self, offset: u64, bytes: &'a [u8]) {
        self.segments.push((offset, bytes));
    }

    /// What memory holds after all segments are written, in order, to a memory of this size.
    pub(super) fn image(&self, pages: u32) -> Result<DataImage, LowerError> {
        let memory = u64::from(pages) * PAGE_BYTES as u64;
        let end = |(offset, bytes): &(u64, &[u8])| offset.saturating_add(bytes.len() as u64);
        for (number, segment) in (0..).zip(&self.segments) {
            if end(segment) > memory {
                return Err(LowerError::Segment { what: "data", number });
            }
        }
        let written = || self.segments.iter().filter(|(_, bytes)| !bytes.is_empty());
        let start = written().map(|(offset, _)| *offset).min().unwrap_or(0) / BLOCK_BYTES * BLOCK_BYTES;
        let length = written().map(end).max().unwrap_or(0) - start;
        at_most("bytes from the first to the last data segment", "the module", length, MAX_DATA_BYTES)?;

        // Lengths and offsets are below the limit just checked, and the start below the size of memory.
        let length = usize::try_from(length.next_multiple_of(BLOCK_BYTES)).unwrap_or_default();
        let mut image = vec![0; length];
        for (offset, bytes) in written() {
            let at = usize::try_from(offset - start).unwrap_or(usize::MAX);
            if let Some(place) = at.checked_add(bytes.len()).and_then(|end| image.get_mut(at..end)) {
                place.copy_from_slice(bytes);
            }
        }
        let words = image.as_chunks::<WORD_BYTES>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let first = u32::try_from(start / WORD_BYTES as u64).unwrap_or_default();
        Ok(DataImage { first, words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_segments_overwrite_earlier_ones_and_gaps_are_zero() {
        let mut data = DataSegments::default();
        data.add(17, &[1, 2, 3]);
        data.add(19, &[9]);
        data.add(35, &[7]);
        let image = data.image(1).unwrap();
        assert_eq!(image, DataImage { first: 0, words: vec![0, 0, 0x0902_0100, 0, 7 << 24, 0, 0, 0] });
        data.add(1000, &[5]);
        let image = data.image(1).unwrap();
        assert_eq!((image.first, image.words.len(), image.words[125]), (0, 128, 5));
    }

    #[test]
    fn segments_end_with_memory() {
        let mut data = DataSegments::default();
        data.add(65_535, &[1]);
        let words = vec![0, 0, 0, 0, 0, 0, 0, 1 << 56];
        assert_eq!(data.image(1).unwrap(), DataImage { first: 8184, words });
        data.add(65_536, &[]);
        assert!(data.image(1).is_ok());
        data.add(65_537, &[]);
        assert_eq!(data.image(1), Err(LowerError::Segment { what: "data", number: 2 }));
    }

    #[test]
    fn no_segments_make_no_image() {
        assert_eq!(DataSegments::default().image(0).unwrap(), DataImage::default());
    }
}
