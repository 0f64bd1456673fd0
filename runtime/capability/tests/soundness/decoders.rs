//! Bytes from outside: garbage and mutated valid input end in an error, never in a panic or a second encoding.

use ciborium::Value;
use nectar_capability::{Directive, SignedGrant, Token, decode_invocation, sign_directive, verify_directive};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::common::*;

#[derive(Debug, Clone)]
enum Mutation {
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Copy(Index, Index, Index),
    Cut(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, to)| Mutation::Set(at, to)),
        (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        index().prop_map(Mutation::Remove),
        (index(), index(), index()).prop_map(|(from, to, at)| Mutation::Copy(from, to, at)),
        index().prop_map(Mutation::Cut),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    match mutation {
        Mutation::Set(at, to) => bytes[at.index(len)] = *to,
        Mutation::Insert(at, byte) => bytes.insert(at.index(len), *byte),
        Mutation::Remove(at) => drop(bytes.remove(at.index(len))),
        Mutation::Copy(from, to, at) => {
            let (a, b) = (from.index(len), to.index(len));
            let piece = bytes[a.min(b)..a.max(b)].to_vec();
            bytes.splice(at.index(len)..at.index(len), piece);
        }
        Mutation::Cut(at) => bytes.truncate(at.index(len)),
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<Vec<u8>>().prop_map(Value::Bytes),
        "[a-z/_]{0,20}".prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((inner.clone(), inner.clone()), 0..6).prop_map(Value::Map),
            (any::<u64>(), inner).prop_map(|(tag, value)| Value::Tag(tag, Box::new(value))),
        ]
    })
}

fn order() -> Vec<u8> {
    let directive = Directive::Register { token: chain(0).encode() };
    sign_directive(&owner(), dsp().public(), NETWORK, [6; 16], NOW, NOW + 10, &directive).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Token::decode(&bytes).is_err());
        prop_assert!(SignedGrant::decode(&bytes).is_err());
        prop_assert!(decode_invocation(&bytes).is_err());
        prop_assert!(verify_directive(&bytes, NOW, NETWORK, dsp().public()).is_err());
    }

    #[test]
    fn any_other_cbor_is_refused(value in any_value()) {
        let bytes = to_cbor(&value);
        prop_assert!(Token::decode(&bytes).is_err());
        prop_assert!(decode_invocation(&bytes).is_err());
        prop_assert!(verify_directive(&bytes, NOW, NETWORK, dsp().public()).is_err());
    }

    #[test]
    fn any_other_cbor_is_refused_although_the_right_key_signed_it(value in any_value()) {
        let bytes = to_cbor(&value);
        let sign = |context| nectar_capability::cose::sign(&owner(), context, &bytes);
        prop_assert!(SignedGrant::decode(&sign(GRANT_CONTEXT)).is_err());
        prop_assert!(verify_directive(&sign(DIRECTIVE_CONTEXT), NOW, NETWORK, dsp().public()).is_err());
        let (_, message, token) = parts(&signed_call(&chain(0)));
        prop_assert!(decode_invocation(&raw_invocation(sign(INVOCATION_CONTEXT), message, token)).is_err());
    }

    #[test]
    fn mutated_input_is_refused(mutations in prop::collection::vec(mutation(), 1..4)) {
        let token = chain(1);
        for valid in [token.encode(), signed_call(&token), order()] {
            let mut bytes = valid.clone();
            mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
            if bytes != valid {
                prop_assert!(Token::decode(&bytes).is_err());
                prop_assert!(decode_invocation(&bytes).is_err());
                prop_assert!(verify_directive(&bytes, NOW, NETWORK, dsp().public()).is_err());
            }
        }
    }

    /// The signer is hostile too: whatever is accepted is the one encoding of what it says.
    #[test]
    fn mutated_claims_signed_again_are_refused_or_canonical(mutations in prop::collection::vec(mutation(), 1..3)) {
        let mut bytes = payload(root(0).bytes());
        mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        let signed = nectar_capability::cose::sign(&owner(), GRANT_CONTEXT, &bytes);
        if let Ok(grant) = SignedGrant::decode(&signed) {
            let again = grant.grant().sign(&owner()).unwrap();
            prop_assert_eq!(again.bytes(), signed);
        }
    }
}
