//! The body of an upload: a CBOR array of two byte strings, the directive and the module (RFC 8949, shortest lengths).
//!
//! Layout: `82`, then twice: `40..57` (length up to 23), `58` + 1 byte, `59` + 2 bytes or `5a` + 4 bytes (big-endian),
//! then that many bytes. Read in place: a hostile body costs no more memory than it has bytes.

use nectar_abi::limits::MAX_WASM_BYTES;
use nectar_capability::MAX_DIRECTIVE_BYTES;

/// Longest body: both byte strings at their limits, and their heads.
pub(crate) const MAX_UPLOAD_BYTES: usize = MAX_WASM_BYTES + MAX_DIRECTIVE_BYTES + 11;

const ARRAY_OF_TWO: u8 = 0x82;
const BYTES: u8 = 0x40;

/// Puts a signed directive and its module into one body.
#[must_use]
pub fn upload_body(directive: &[u8], wasm: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(directive.len().saturating_add(wasm.len()).saturating_add(11));
    body.push(ARRAY_OF_TWO);
    for part in [directive, wasm] {
        head(&mut body, part.len());
        body.extend_from_slice(part);
    }
    body
}

/// The directive and the module of a body, if it is one.
pub(crate) fn split_upload(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = body.strip_prefix(&[ARRAY_OF_TWO])?;
    let (directive, rest) = byte_string(rest)?;
    let (wasm, rest) = byte_string(rest)?;
    rest.is_empty().then_some((directive, wasm))
}

fn head(out: &mut Vec<u8>, len: usize) {
    match (u8::try_from(len), u16::try_from(len), u32::try_from(len)) {
        (Ok(short @ 0..=23), ..) => out.push(BYTES | short),
        (Ok(len), ..) => out.extend([BYTES | 24, len]),
        (_, Ok(len), _) => {
            out.push(BYTES | 25);
            out.extend(len.to_be_bytes());
        }
        // Four bytes of length are more than any limit lets through.
        (.., len) => {
            out.push(BYTES | 26);
            out.extend(len.unwrap_or(u32::MAX).to_be_bytes());
        }
    }
}

fn byte_string(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = input.split_first()?;
    let (len, rest) = match first.checked_sub(BYTES)? {
        short @ 0..=23 => (u32::from(short), rest),
        24 => {
            let (len, rest) = rest.split_first_chunk::<1>()?;
            (u32::from(u8::from_be_bytes(*len)), rest)
        }
        25 => {
            let (len, rest) = rest.split_first_chunk()?;
            (u32::from(u16::from_be_bytes(*len)), rest)
        }
        26 => {
            let (len, rest) = rest.split_first_chunk()?;
            (u32::from_be_bytes(*len), rest)
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(usize::try_from(len).ok()?)?;
    // One encoding only: the shortest length.
    let mut shortest = Vec::with_capacity(5);
    head(&mut shortest, content.len());
    input.starts_with(&shortest).then_some((content, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bodies_of_all_sizes_come_apart_again() {
        for len in [0, 1, 23, 24, 255, 256, 65_535, 65_536, 100_000] {
            let (directive, wasm) = (vec![1; len], vec![2; len / 2]);
            assert_eq!(split_upload(&upload_body(&directive, &wasm)), Some((&directive[..], &wasm[..])));
        }
        assert!(
            upload_body(&vec![0; MAX_DIRECTIVE_BYTES], &vec![0; MAX_WASM_BYTES]).len() <= MAX_UPLOAD_BYTES
        );
    }

    #[test]
    fn longer_lengths_and_trailing_bytes_are_refused() {
        assert_eq!(split_upload(&[0x82, 0x41, 7, 0x40]), Some((&[7][..], &[][..])));
        assert_eq!(split_upload(&[0x82, 0x58, 1, 7, 0x40]), None);
        assert_eq!(split_upload(&[0x82, 0x41, 7, 0x40, 0]), None);
        assert_eq!(split_upload(&[0x82, 0x5a, 0xff, 0xff, 0xff, 0xff]), None);
    }

    proptest! {
        #[test]
        fn garbage_is_refused_or_canonical(body in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some((directive, wasm)) = split_upload(&body) {
                prop_assert_eq!(upload_body(directive, wasm), body);
            }
        }
    }
}
