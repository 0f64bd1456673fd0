//! Lower-case hexadecimal text, eight digits at a time: contracts read and write ids in every call, and each instruction that runs
//! is proven.

use crate::IdError;

/// The low bit of every byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Writes each byte as two digits. `text` has twice the length of `bytes`, and that is a multiple of eight.
pub(crate) fn encode(bytes: &[u8], text: &mut [u8]) {
    let (words, _) = bytes.as_chunks::<4>();
    let (groups, _) = text.as_chunks_mut::<8>();
    for (word, group) in words.iter().zip(groups) {
        *group = digits(*word);
    }
}

fn digits(bytes: [u8; 4]) -> [u8; 8] {
    let mut spread = u64::from(u32::from_le_bytes(bytes));
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff;
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
    // The upper half of a byte is the first digit.
    let values = (spread >> 4 | spread << 8) & (0x0f * ONES);
    // No byte carries into the next: the greatest is `f`.
    let letters = (values.wrapping_add(6 * ONES) >> 4) & ONES;
    let offsets = letters.wrapping_mul(u64::from(b'a' - b'0' - 10));
    values.wrapping_add(u64::from(b'0') * ONES).wrapping_add(offsets).to_le_bytes()
}

/// Reads digits into bytes.
///
/// # Errors
/// [`IdError::Length`], unless there are two digits for each byte; [`IdError::Digit`]
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Result<[u8; N], IdError> {
    if text.len() != N * 2 {
        return Err(IdError::Length { expected: N * 2, got: text.len() });
    }
    let mut bytes = [0; N];
    let (groups, _) = text.as_chunks::<8>();
    let (words, _) = bytes.as_chunks_mut::<4>();
    let mut wrong = 0;
    for (group, word) in groups.iter().zip(words) {
        let (four, not_digits) = values(*group);
        *word = four;
        wrong |= not_digits;
    }
    if wrong == 0 { Ok(bytes) } else { Err(IdError::Digit) }
}

/// The bytes that eight digits stand for, and zero if they are digits.
fn values(text: [u8; 8]) -> ([u8; 4], u64) {
    let text = u64::from_le_bytes(text);
    // 0 to 9 are 0x30 to 0x39, a to f are 0x61 to 0x66: bit 6 tells them apart.
    let letters = (text >> 6) & ONES;
    let values = (text & (0x0f * ONES)).wrapping_add(letters.wrapping_mul(9));
    let upper = (text & (0xf0 * ONES)) ^ (0x30 * ONES).wrapping_add(letters.wrapping_mul(0x30));
    // A letter has 10 to 15, everything else less.
    let unlike = ((values.wrapping_add(6 * ONES) >> 4) & ONES) ^ letters;
    let wrong = upper | unlike | values & (0x10 * ONES);
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let halves = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let [a, b, c, d, ..] = (halves | halves >> 16).to_le_bytes();
    ([a, b, c, d], wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits_wherever_it_stands() {
        for place in 0..4 {
            for byte in 0..=255u8 {
                let (mut bytes, mut text) = ([0x5a; 4], [0; 8]);
                bytes[place] = byte;
                encode(&bytes, &mut text);
                let expected = hex::encode(bytes);
                assert_eq!(core::str::from_utf8(&text), Ok(expected.as_str()));
                assert_eq!(decode::<4>(&text), Ok(bytes));
            }
        }
    }

    #[test]
    fn nothing_else_is_a_digit_wherever_it_stands() {
        for place in 0..8 {
            for byte in 0..=255u8 {
                let mut text = *b"0a9f3c7e";
                text[place] = byte;
                let digit = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                assert_eq!(decode::<4>(&text).is_ok(), digit, "{byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn as_many_digits_as_there_are() {
        assert_eq!(decode::<4>(b"0011223"), Err(IdError::Length { expected: 8, got: 7 }));
        assert_eq!(decode::<4>(b"001122334"), Err(IdError::Length { expected: 8, got: 9 }));
    }
}
