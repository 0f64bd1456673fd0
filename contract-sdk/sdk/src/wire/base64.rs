//! Base64 with the standard alphabet and padding (RFC 4648, section 4).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD: u8 = b'=';
/// The value of a byte that is none of the alphabet.
const NONE: u8 = 0x80;
/// From the first byte of the alphabet, `+`, to the last, `z`.
const VALUES: [u8; 80] = values();
const FIRST: u8 = b'+';

#[expect(clippy::cast_possible_truncation, reason = "evaluated while it is compiled")]
const fn values() -> [u8; 80] {
    let mut values = [NONE; 80];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[(ALPHABET[value] - FIRST) as usize] = value as u8;
        value += 1;
    }
    values
}

/// Appends the text of these bytes.
pub(super) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    let (groups, rest) = bytes.as_chunks::<3>();
    for group in groups {
        out.extend_from_slice(&digits(*group));
    }
    match *rest {
        [a] => {
            let [first, second, ..] = digits([a, 0, 0]);
            out.extend_from_slice(&[first, second, PAD, PAD]);
        }
        [a, b] => {
            let [first, second, third, _] = digits([a, b, 0]);
            out.extend_from_slice(&[first, second, third, PAD]);
        }
        _ => {}
    }
}

fn digits([a, b, c]: [u8; 3]) -> [u8; 4] {
    let [a, b, c] = [usize::from(a), usize::from(b), usize::from(c)];
    [a >> 2, (a << 4 | b >> 4) & 63, (b << 2 | c >> 6) & 63, c & 63].map(digit)
}

fn digit(value: usize) -> u8 {
    // Six bits.
    ALPHABET.get(value).copied().unwrap_or(PAD)
}

/// The bytes of a text, if it is how [`encode`] writes them.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (groups, []) = text.as_chunks::<4>() else { return None };
    let Some((last, groups)) = groups.split_last() else { return Some(Vec::new()) };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut wrong = 0;
    for group in groups {
        let ([a, b, c], not_digits) = three(*group);
        wrong |= not_digits;
        bytes.extend_from_slice(&[a, b, c]);
    }
    let (last, kept) = match *last {
        [a, b, PAD, PAD] => ([a, b, b'A', b'A'], 1),
        [a, b, c, PAD] => ([a, b, c, b'A'], 2),
        other => (other, 3),
    };
    let (group, not_digits) = three(last);
    let (kept, none) = group.split_at_checked(kept)?;
    bytes.extend_from_slice(kept);
    (wrong | not_digits < NONE && none.iter().all(|byte| *byte == 0)).then_some(bytes)
}

/// Three bytes, and a value with the bit of [`NONE`] if the text has other bytes than the alphabet.
fn three(text: [u8; 4]) -> ([u8; 3], u8) {
    let [a, b, c, d] = text.map(value);
    ([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d], a | b | c | d)
}

fn value(byte: u8) -> u8 {
    VALUES.get(usize::from(byte.wrapping_sub(FIRST))).copied().unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::Binary;
    use proptest::prelude::*;

    use super::*;

    fn text(bytes: &[u8]) -> String {
        let mut out = b"before".to_vec();
        encode(bytes, &mut out);
        String::from_utf8(out.split_off(6)).unwrap()
    }

    proptest! {
        #[test]
        fn bytes_have_the_text_that_cosmwasm_gives_them(bytes: Vec<u8>) {
            let text = text(&bytes);
            prop_assert_eq!(&text, &Binary::from(bytes.as_slice()).to_base64());
            prop_assert_eq!(decode(text.as_bytes()), Some(bytes));
        }

        #[test]
        fn what_is_decoded_is_what_cosmwasm_decodes(bytes: Vec<u8>, at: usize, byte: u8) {
            let mut altered = text(&bytes).into_bytes();
            if let Some(place) = at.checked_rem(altered.len()) {
                altered[place] = byte;
            }
            if let Some(decoded) = decode(&altered) {
                let text = String::from_utf8(altered).unwrap();
                prop_assert_eq!(Binary::from_base64(&text).unwrap().to_vec(), decoded.clone());
                prop_assert_eq!(super::tests::text(&decoded), text);
            }
        }
    }

    #[test]
    fn every_byte_has_its_value_or_none() {
        for byte in 0..=255u8 {
            let group = [b'A', byte, b'A', b'A'];
            let known = ALPHABET.contains(&byte);
            assert_eq!(decode(&group).is_some(), known, "{byte:#x}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in ["A", "AA", "AAA", "AB==", "AAB=", "A===", "====", "AA==AAAA", "AA=A", "AAAAA", " AAA"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
