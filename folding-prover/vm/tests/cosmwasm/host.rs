//! The host against programs that no lowering made.

use nectar_vm::Host as _;
use nectar_vm::cosmwasm::{Ask, Decoder, HostFault, LogError, MemoryHost, Tag};
use proptest::prelude::*;

/// A word that is often a tag, a small number, or a length near a limit.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..16, 0u64..40, Just(1024), Just(1025), Just(1026), any::<u64>()]
}

#[test]
fn a_message_is_read_word_by_word() {
    let mut decoder = Decoder::default();
    let words = [Tag::Write as u64, 3, 0x63_6261, 9, 0x6867_6665_6463_6261, 0x69];
    let asks: Vec<_> = words.iter().map(|word| decoder.word(*word).unwrap()).collect();
    let (last, before) = asks.split_last().unwrap();
    assert!(before.iter().all(Option::is_none));
    assert_eq!(last, &Some(Ask::Write(b"abc".to_vec(), b"abcdefghi".to_vec())));
    assert!(!decoder.is_within());
}

#[test]
fn words_that_are_no_message_are_named() {
    let refused = |words: &[u64]| {
        let mut decoder = Decoder::default();
        words.iter().find_map(|word| decoder.word(*word).err())
    };
    assert_eq!(refused(&[0]), Some(LogError::Tag));
    for tag in [10, 11, 12, 15] {
        assert_eq!(refused(&[tag]), Some(LogError::Tag), "{tag}");
    }
    let too_long = LogError::TooLong { tag: Tag::Read, got: 1025, limit: 1024 };
    assert_eq!(refused(&[Tag::Read as u64, 1025]), Some(too_long));
    assert_eq!(refused(&[Tag::Read as u64, 1, 0x100]), Some(LogError::Padding));
    assert_eq!(refused(&[Tag::Scan as u64, 0, 0, 3]), Some(LogError::Order));
    assert_eq!(refused(&[Tag::Scan as u64, 0, 0, 2]), None);
}

#[test]
fn nothing_private_is_shown() {
    let shown =
        format!("{:?} {:?}", Ask::Read(b"secret".to_vec()), Ask::Write(b"secret".to_vec(), b"x".to_vec()));
    assert_eq!(shown, "Read(..) Write(..)");
}

#[test]
fn speaking_out_of_turn_is_refused() {
    let mut host = MemoryHost::new();
    host.begin(&[b"env".to_vec()]).unwrap();
    assert!(host.emit(Tag::Read as u64).is_err(), "the input is not read yet");
    assert_eq!(host.fault(), Some(HostFault::OutOfTurn));
    host.begin(&[]).unwrap();
    assert!(host.advise().is_err(), "nothing was asked");
    host.begin(&[]).unwrap();
    for word in [Tag::Response as u64, 0] {
        host.emit(word).unwrap();
    }
    assert!(host.emit(Tag::Read as u64).is_err());
    assert_eq!(host.fault(), Some(HostFault::Ended));
}

proptest! {
    #[test]
    fn no_words_make_the_host_panic(words in prop::collection::vec((any::<bool>(), word()), 0..400)) {
        let mut host = MemoryHost::new();
        host.begin(&[b"env".to_vec()]).unwrap();
        for (advise, word) in words {
            let ended = if advise { host.advise().map(|_| ()) } else { host.emit(word) };
            if ended.is_err() {
                prop_assert!(host.fault().is_some(), "and it says why");
                host.begin(&[]).unwrap();
            }
        }
    }

    #[test]
    fn no_words_make_the_decoder_panic_or_keep_more_than_it_was_given(words in prop::collection::vec(word(), 0..400)) {
        let mut decoder = Decoder::default();
        for word in words {
            if let Ok(Some(Ask::Read(key) | Ask::Remove(key))) = decoder.word(word) {
                prop_assert!(key.len() <= 1024);
            }
        }
    }
}
