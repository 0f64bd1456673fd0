//! Bytes from anyone: decoders return, whatever they are given, and take nothing that they would not write.

use nectar_verifier::{DecodeError, Kind, MAX_CHUNKS, Proof, VerifierKey, development_key};
use proptest::prelude::*;

fn header(kind: u8, outer: u8, inner: u8, chunks: u32) -> Vec<u8> {
    [b"NPRF".as_slice(), &[3, kind, outer, inner], &chunks.to_be_bytes()].concat()
}

proptest! {
    #[test]
    fn garbage_is_no_proof_and_no_key(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert!(Proof::decode(&bytes).is_err());
        prop_assert!(VerifierKey::decode(&bytes).is_err());
    }

    #[test]
    fn garbage_behind_a_header_is_no_proof(
        kind in 0u8..4,
        outer: u8,
        inner: u8,
        chunks in 0u32..5,
        body in proptest::collection::vec(any::<u8>(), 0..9000),
    ) {
        prop_assert!(Proof::decode(&[header(kind, outer, inner, chunks), body].concat()).is_err());
    }

    #[test]
    fn garbage_behind_a_key_s_header_is_no_key(
        setup in 0u8..3,
        kind in 0u8..4,
        first: [u8; 4],
        sizes: [u8; 3],
        body in proptest::collection::vec(any::<u8>(), VerifierKey::ENCODED_LEN - 18),
    ) {
        let bytes = [b"NVKY".as_slice(), &[3, setup, kind, 0, 0, 0, 16], &first, &sizes, &body].concat();
        prop_assert!(VerifierKey::decode(&bytes).is_err());
    }
}

#[test]
fn headers_of_something_else_are_told_apart() {
    assert!(matches!(Proof::decode(b"NVKY"), Err(DecodeError::Magic { .. })));
    for old in [1, 2] {
        let bytes = [b"NPRF".as_slice(), &[old]].concat();
        assert_eq!(Proof::decode(&bytes), Err(DecodeError::Version { expected: 3, got: old }));
    }
    for got in [0, 3, 255] {
        assert_eq!(Proof::decode(&header(got, 18, 20, 1)), Err(DecodeError::Kind { got }));
    }
    for kind in [1, 2] {
        for got in [0, MAX_CHUNKS + 1, u32::MAX] {
            assert_eq!(Proof::decode(&header(kind, 18, 20, got)), Err(DecodeError::Chunks { got }));
        }
        assert_eq!(Proof::decode(&header(kind, 255, 255, 1)), Err(DecodeError::Argument));
    }
    for (kind, once, per_chunk) in [(1, 5_900, 160), (2, 6_124, 224)] {
        for chunks in [1, 2, MAX_CHUNKS] {
            let expected = once + per_chunk * usize::try_from(chunks).unwrap();
            let refused = Proof::decode(&header(kind, 18, 20, chunks));
            assert_eq!(refused, Err(DecodeError::Length { expected, got: 12 }));
        }
    }
    assert_eq!(Proof::decode(&[0; 6_060]), Err(DecodeError::Magic { expected: "Nectar proof" }));
}

#[test]
fn keys_say_their_kind_once() {
    let key = development_key(Kind::State);
    assert_eq!((key.kind(), key.first_variables()), (Kind::State, 0));
    assert!(development_key(Kind::Execution).first_variables() > 0);
    let changed = |change: fn(&mut [u8])| {
        let mut bytes = key.encode();
        change(&mut bytes);
        VerifierKey::decode(&bytes)
    };
    assert_eq!(changed(|bytes| bytes[6] = 2), Err(DecodeError::Key), "execution without first variables");
    assert_eq!(changed(|bytes| bytes[14] = 9), Err(DecodeError::Key), "state with first variables");
    for got in [0, 3] {
        let refused = if got == 0 { changed(|bytes| bytes[6] = 0) } else { changed(|bytes| bytes[6] = 3) };
        assert_eq!(refused, Err(DecodeError::Kind { got }));
    }
    let phased = changed(|bytes| (bytes[6], bytes[14]) = (2, 9)).unwrap();
    assert_eq!((phased.kind(), phased.first_variables()), (Kind::Execution, 9));
    assert_ne!(phased.digest(), key.digest());
}
