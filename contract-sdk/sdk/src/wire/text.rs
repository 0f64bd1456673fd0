//! JSON text, eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x80 * ONES;

/// Most digits of a number that always fits 64 bits.
const MAX_DIGITS: usize = 19;

/// What is left of a text.
pub(super) struct Text<'a>(pub(super) &'a [u8]);

impl<'a> Text<'a> {
    /// Takes exactly these bytes.
    pub(super) fn literal(&mut self, literal: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    /// Takes a number as JSON has it. One that may not fit is none.
    pub(super) fn number(&mut self) -> Option<u64> {
        let (mut number, mut digits) = (0u64, 0usize);
        while let Some((group, rest)) = self.0.split_first_chunk::<8>() {
            if digits == 0 && group.starts_with(b"0") {
                break;
            }
            let Some(value) = eight_digits(*group) else { break };
            number = number.wrapping_mul(100_000_000).wrapping_add(value);
            digits += 8;
            self.0 = rest;
        }
        while let [byte, rest @ ..] = self.0 {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            if number == 0 && digits > 0 {
                return None;
            }
            // Nothing wraps unless there are too many digits.
            number = number.wrapping_mul(10).wrapping_add(digit.into());
            digits += 1;
            self.0 = rest;
        }
        (1..=MAX_DIGITS).contains(&digits).then_some(number)
    }

    /// Takes what is before the next quote, and the quote, if it stands for itself.
    pub(super) fn until_quote(&mut self) -> Option<&'a str> {
        let mut length = 0;
        while *self.0.get(length)? != b'"' {
            length += 1;
        }
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.get(1..)?;
        plain(text)
    }

    /// Takes so many bytes that stand for themselves.
    pub(super) fn plain<const N: usize>(&mut self) -> Option<&'a str> {
        let (text, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        plain(text)
    }
}

/// The number that eight digits are.
fn eight_digits(text: [u8; 8]) -> Option<u64> {
    let text = u64::from_le_bytes(text);
    let values = text ^ (u64::from(b'0') * ONES);
    // Above nine, or no digit at all.
    if (values | values.wrapping_add(0x76 * ONES)) & TOPS != 0 {
        return None;
    }
    // The first digit is the lowest byte: tens and ones, hundreds and below, thousands and below.
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff)
}

/// The text, if JSON writes it as it is and it is plain ASCII.
pub(super) fn plain(bytes: &[u8]) -> Option<&str> {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut special = 0;
    for word in words {
        special |= specials(u64::from_le_bytes(*word));
    }
    for byte in rest {
        // Beside it, letters.
        special |= specials((u64::from(b'a') * ONES) ^ u64::from(b'a' ^ byte));
    }
    if special & TOPS != 0 {
        return None;
    }
    #[expect(
        unsafe_code,
        reason = "looking at every byte once more would be a third of what reading an Env costs"
    )]
    // SAFETY: No byte has its top bit, so all of them are ASCII.
    Some(unsafe { str::from_utf8_unchecked(bytes) })
}

/// Whether all of these are spaces.
pub(super) fn spaces(bytes: &[u8]) -> bool {
    const SPACES: u64 = b' ' as u64 * ONES;
    let Some(last) = bytes.last_chunk::<8>() else { return bytes.iter().all(|byte| *byte == b' ') };
    // The last eight once more instead of those that make no word.
    let (words, _) = bytes.as_chunks::<8>();
    let others = |word: [u8; 8]| u64::from_le_bytes(word) ^ SPACES;
    words.iter().fold(others(*last), |found, word| found | others(*word)) == 0
}

/// Has a top bit where a byte is a quote, a backslash, a control character or beyond ASCII; maybe above such a byte, too.
fn specials(word: u64) -> u64 {
    let control = word.wrapping_sub(0x20 * ONES);
    let quote = (word ^ (u64::from(b'"') * ONES)).wrapping_sub(ONES);
    let backslash = (word ^ (u64::from(b'\\') * ONES)).wrapping_sub(ONES);
    word | control | quote | backslash
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_what_json_says(text in "[0-9]{0,24}[0-9a:/,}]{0,3}") {
            let mut left = Text(text.as_bytes());
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let (own, rest) = text.split_at(digits);
            let canonical = own.parse::<u64>().ok().filter(|n| n.to_string() == own);
            match left.number() {
                Some(number) => {
                    prop_assert_eq!(Some(number), canonical);
                    prop_assert_eq!(left.0, rest.as_bytes());
                }
                None => prop_assert!(canonical.is_none() || own.len() > MAX_DIGITS),
            }
        }

        #[test]
        fn plain_text_is_what_json_writes_as_it_is(text in "[ -~]{0,40}", at: usize, byte: u8) {
            let mut bytes = text.into_bytes();
            if let Some(place) = at.checked_rem(bytes.len()) {
                bytes[place] = byte;
            }
            let json = std::str::from_utf8(&bytes).ok().map(|text| cosmwasm_std::to_json_string(text).unwrap());
            let same = json.is_some_and(|json| json.len() == bytes.len() + 2) && bytes.is_ascii() && !bytes.contains(&0x7f);
            let found = plain(&bytes);
            if same {
                prop_assert_eq!(found.map(str::as_bytes), Some(bytes.as_slice()));
            } else if !bytes.contains(&0x7f) {
                prop_assert_eq!(found, None);
            }
        }
    }

    #[test]
    fn every_byte_is_plain_or_not_wherever_it_stands() {
        for length in 1..20usize {
            for place in 0..length {
                for byte in 0..=255u8 {
                    let mut bytes = vec![b'x'; length];
                    bytes[place] = byte;
                    let expected = (0x20..0x80).contains(&byte) && byte != b'"' && byte != b'\\';
                    assert_eq!(plain(&bytes).is_some(), expected, "{byte:#x} at {place} of {length}");
                }
            }
        }
    }

    #[test]
    fn spaces_are_spaces_wherever_they_stand() {
        for length in 0..40usize {
            assert!(spaces(&vec![b' '; length]));
            for place in 0..length {
                let mut bytes = vec![b' '; length];
                bytes[place] = b'!';
                assert!(!spaces(&bytes), "{place} of {length}");
            }
        }
    }

    #[test]
    fn numbers_with_zeros_before_them_are_none() {
        for (text, number) in
            [("0", Some(0)), ("00", None), ("000000001", None), ("10000000", Some(10_000_000)), ("", None)]
        {
            assert_eq!(Text(text.as_bytes()).number(), number, "{text}");
        }
    }
}
