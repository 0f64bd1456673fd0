//! Bytes from anyone: decoders return, whatever they are given, and take nothing that they would not write.

use nectar_verifier::{DecodeError, MAX_CHUNKS, Proof, VerifierKey};
use proptest::prelude::*;

fn header(outer: u8, inner: u8, chunks: u32) -> Vec<u8> {
    [b"NPRF".as_slice(), &[2, outer, inner], &chunks.to_be_bytes()].concat()
}

proptest! {
    #[test]
    fn garbage_is_no_proof_and_no_key(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert!(Proof::decode(&bytes).is_err());
        prop_assert!(VerifierKey::decode(&bytes).is_err());
    }

    #[test]
    fn garbage_behind_a_header_is_no_proof(
        outer: u8,
        inner: u8,
        chunks in 0u32..5,
        body in proptest::collection::vec(any::<u8>(), 0..9000),
    ) {
        prop_assert!(Proof::decode(&[header(outer, inner, chunks), body].concat()).is_err());
    }

    #[test]
    fn garbage_behind_a_key_s_header_is_no_key(
        setup in 0u8..3,
        sizes: [u8; 3],
        body in proptest::collection::vec(any::<u8>(), VerifierKey::ENCODED_LEN - 13),
    ) {
        let bytes = [b"NVKY".as_slice(), &[2, setup, 0, 0, 0, 16], &sizes, &body].concat();
        prop_assert!(VerifierKey::decode(&bytes).is_err());
    }
}

#[test]
fn headers_of_something_else_are_told_apart() {
    assert!(matches!(Proof::decode(b"NVKY"), Err(DecodeError::Magic { .. })));
    assert!(matches!(Proof::decode(b"NPRF\x01"), Err(DecodeError::Version { expected: 2, got: 1 })));
    for got in [0, MAX_CHUNKS + 1, u32::MAX] {
        assert_eq!(Proof::decode(&header(18, 20, got)), Err(DecodeError::Chunks { got }));
    }
    assert_eq!(Proof::decode(&header(255, 255, 1)), Err(DecodeError::Argument));
    let expected = 6059;
    assert_eq!(Proof::decode(&header(18, 20, 1)), Err(DecodeError::Length { expected, got: 11 }));
    assert_eq!(Proof::decode(&vec![0; expected]), Err(DecodeError::Magic { expected: "Nectar proof" }));
}
