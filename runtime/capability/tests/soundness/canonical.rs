//! One value has one encoding: every other byte string is refused, even if the right key signed it.

use ciborium::Value;
use nectar_capability::{
    Directive, RefusalReason, SigningKey, Token, TokenError, decode_invocation, sign_directive,
    verify_directive,
};

use crate::common::*;

fn token_refused(bytes: &[u8]) -> bool {
    Token::decode(bytes).is_err()
}
fn directive_bytes() -> Vec<u8> {
    let directive = Directive::ReadAudit { contract: Some(CONTRACT) };
    sign_directive(&owner(), dsp().public(), NETWORK, [6; 16], NOW - 1, NOW + 100, &directive).unwrap()
}
fn directive_refused(bytes: &[u8]) -> bool {
    verify_directive(bytes, NOW, NETWORK, dsp().public()).is_err()
}

#[test]
fn flipping_any_bit_of_a_token_is_refused() {
    every_flip(&chain(1).encode(), &[1, 2, 4, 8, 16, 32, 64, 128], token_refused);
}

#[test]
fn flipping_any_byte_of_an_invocation_is_refused() {
    let token = chain(2);
    let bytes = signed_call(&token);
    assert!(decide(&bytes).is_ok());
    every_flip(&bytes, &[1, 0x20, 0x80, 0xff], |changed| decide(changed).is_err());
}

#[test]
fn flipping_any_bit_of_a_directive_is_refused() {
    assert!(!directive_refused(&directive_bytes()));
    every_flip(&directive_bytes(), &[1, 2, 4, 8, 16, 32, 64, 128], directive_refused);
}

fn every_flip(bytes: &[u8], masks: &[u8], refused: impl Fn(&[u8]) -> bool) {
    for at in 0..bytes.len() {
        for mask in masks {
            let mut changed = bytes.to_vec();
            changed[at] ^= mask;
            assert!(refused(&changed), "byte {at} of {} xor {mask:#x}", bytes.len());
        }
    }
}

#[test]
fn every_prefix_and_every_longer_form_is_refused() {
    let token = chain(1);
    let (call, directive) = (signed_call(&token), directive_bytes());
    for at in 0..token.encode().len() {
        assert!(token_refused(&token.encode()[..at]));
    }
    for at in 0..call.len() {
        assert!(decide(&call[..at]).is_err());
    }
    for at in 0..directive.len() {
        assert!(directive_refused(&directive[..at]));
    }
    for more in [vec![0], vec![0xf6], vec![0xff], token.encode()] {
        assert!(token_refused(&[token.encode(), more.clone()].concat()));
        assert!(decide(&[call.clone(), more.clone()].concat()).is_err());
        assert!(directive_refused(&[directive.clone(), more].concat()));
    }
}

#[test]
fn removing_or_doubling_any_byte_is_refused() {
    let (token, call) = (chain(1).encode(), signed_call(&chain(1)));
    for at in 0..token.len() {
        assert!(token_refused(&[&token[..at], &token[at + 1..]].concat()));
        assert!(token_refused(&[&token[..=at], &token[at..]].concat()));
    }
    for at in 0..call.len() {
        assert!(decide(&[&call[..at], &call[at + 1..]].concat()).is_err());
        assert!(decide(&[&call[..=at], &call[at..]].concat()).is_err());
    }
}

/// A signed map of claims: who signs it, for which use, and whether the result is refused.
struct Signed {
    claims: Vec<(Value, Value)>,
    refused: Box<dyn Fn(Vec<u8>) -> bool>,
    key: SigningKey,
    context: &'static str,
}

impl Signed {
    fn assert_refused(&self, claims: &[(Value, Value)], what: &str) {
        self.assert_bytes_refused(&to_cbor(&Value::Map(claims.to_vec())), what);
    }
    fn assert_bytes_refused(&self, payload: &[u8], what: &str) {
        let bytes = nectar_capability::cose::sign(&self.key, self.context, payload);
        assert!((self.refused)(bytes), "{}: {what}", self.context);
    }
}

/// A grant with every claim, a proof of possession and a directive; each accepted as it is.
fn signed_maps() -> Vec<Signed> {
    let parent = root(1);
    let child = nectar_capability::GrantBuilder::child(&parent, holder(1).public())
        .patient(PATIENT)
        .reason("second opinion")
        .sign(&holder(0))
        .unwrap();
    let call = signed_call(&chain(0));
    let (proof, message, token) = parts(&call);
    let maps = vec![
        Signed {
            claims: claims(child.bytes()),
            refused: Box::new(move |child| token_refused(&raw_token(&[parent.bytes().to_vec(), child]))),
            key: holder(0),
            context: GRANT_CONTEXT,
        },
        Signed {
            claims: claims(&proof),
            refused: Box::new(move |p| decide(&raw_invocation(p, message.clone(), token.clone())).is_err()),
            key: holder(0),
            context: INVOCATION_CONTEXT,
        },
        Signed {
            claims: claims(&directive_bytes()),
            refused: Box::new(|bytes| directive_refused(&bytes)),
            key: owner(),
            context: DIRECTIVE_CONTEXT,
        },
    ];
    for map in &maps {
        assert!(
            !(map.refused)(resign(&map.key, map.context, map.claims.clone())),
            "{} as it is",
            map.context
        );
    }
    maps
}

/// What may be missing from a grant on its own: a reason, and (then it is wider) the patient.
const OPTIONAL: [i64; 2] = [-65_541, -65_547];

#[test]
fn a_missing_doubled_unknown_or_moved_claim_is_refused() {
    for map in signed_maps() {
        for at in 0..map.claims.len() {
            let label = format!("{:?}", map.claims[at].0);
            let mut claims = map.claims.clone();
            claims.remove(at);
            if !OPTIONAL.map(Value::from).contains(&map.claims[at].0) {
                map.assert_refused(&claims, &format!("without {label}"));
            }
            let mut claims = map.claims.clone();
            claims.insert(at, claims[at].clone());
            map.assert_refused(&claims, &format!("twice {label}"));
            if at > 0 {
                let mut claims = map.claims.clone();
                claims.swap(at - 1, at);
                map.assert_refused(&claims, &format!("moved {label}"));
            }
        }
        for unknown in
            [Value::from(2), Value::from(6), Value::from(-65_536), Value::from(-70_000), "x".into()]
        {
            let mut claims = map.claims.clone();
            claims.push((unknown, Value::Null));
            claims.sort_by_key(|(key, _)| to_cbor(key));
            map.assert_refused(&claims, "an unknown claim");
        }
    }
}

#[test]
fn a_claim_of_another_type_is_refused() {
    let others = [
        Value::Null,
        Value::Bool(true),
        Value::from(-1),
        Value::Float(1.0),
        Value::from("text"),
        Value::Bytes(vec![0; 8]),
        Value::Bytes(vec![0; 33]),
        Value::Array(vec![]),
        Value::Array(vec![Value::Null]),
        Value::Map(vec![]),
        Value::Tag(1, Box::new(NOW.into())),
    ];
    for map in signed_maps() {
        for at in 0..map.claims.len() {
            for other in &others {
                let mut claims = map.claims.clone();
                claims[at].1 = other.clone();
                // No other contracts, and another reason, are other requests honestly signed.
                let honest = match claims[at].0.as_integer().map(i128::from) {
                    Some(-65_552) => *other == Value::Array(vec![]),
                    Some(-65_547) => *other == Value::from("text"),
                    _ => false,
                };
                if !honest {
                    map.assert_refused(&claims, &format!("{:?} as {other:?}", claims[at].0));
                }
            }
        }
    }
}

#[test]
fn other_versions_are_refused() {
    for map in signed_maps() {
        for version in [0, 2, 255] {
            let mut claims = map.claims.clone();
            claims.iter_mut().find(|(key, _)| *key == Value::from(-65_537)).unwrap().1 = version.into();
            map.assert_refused(&claims, "another version");
        }
    }
    let (proof, message, token) = parts(&signed_call(&chain(0)));
    let envelope = [proof, message, token].map(Value::Bytes);
    for version in [0, 2] {
        let items = std::iter::once(version.into()).chain(envelope.clone()).collect();
        assert_eq!(decide(&to_cbor(&Value::Array(items))).unwrap_err(), RefusalReason::Malformed);
        let mut token = array(&chain(0).encode());
        token[0] = version.into();
        assert_eq!(Token::decode(&to_cbor(&Value::Array(token))), Err(TokenError::Malformed));
    }
}

#[test]
fn long_integers_and_indefinite_lengths_are_refused() {
    for map in signed_maps() {
        let payload = to_cbor(&Value::Map(map.claims.clone()));
        let (head, entries) = payload.split_first().unwrap();
        let count = head & 0x1f;
        map.assert_bytes_refused(&[&[0xbf], entries, &[0xff]].concat(), "an indefinite map");
        map.assert_bytes_refused(&[&[0xb8, count], entries].concat(), "a long map header");
        map.assert_bytes_refused(&[&[*head], entries, &[0]].concat(), "a trailing byte");
        for (at, (key, value)) in map.claims.iter().enumerate() {
            let mut changed = vec![*head];
            for (other, (k, v)) in map.claims.iter().enumerate() {
                let value = if other == at { lengthen(&to_cbor(value)) } else { to_cbor(v) };
                changed.extend([to_cbor(k), value].concat());
            }
            map.assert_bytes_refused(&changed, &format!("a long header of {key:?}"));
        }
    }
}

/// The same item with the next longer header.
fn lengthen(item: &[u8]) -> Vec<u8> {
    let (head, rest) = item.split_first().unwrap();
    let (major, minor) = (head & 0xe0, head & 0x1f);
    match minor {
        0..24 => [&[major | 24, minor], rest].concat(),
        24 => [&[major | 25, 0], rest].concat(),
        25 => [&[major | 26, 0, 0], rest].concat(),
        26 => [&[major | 27, 0, 0, 0, 0], rest].concat(),
        _ => [item, &[0]].concat(),
    }
}

#[test]
fn lists_that_are_no_sorted_sets_are_refused() {
    let grant = |claim, value: Value| raw_token(&[grant_with(&root(0), &owner(), claim, Some(value))]);
    let methods = |names: &[&str]| Value::Array(names.iter().map(|name| Value::from(*name)).collect());
    let purposes = |numbers: &[u8]| Value::Array(numbers.iter().map(|n| Value::from(*n)).collect());
    assert!(!token_refused(&grant(-65_542, methods(&["execute/a", "query/a"]))));
    assert!(token_refused(&grant(-65_542, methods(&["query/a", "execute/a"]))));
    assert!(token_refused(&grant(-65_542, methods(&["query/a", "query/a"]))));
    assert!(token_refused(&grant(-65_542, methods(&["query/A"]))));
    assert!(token_refused(&grant(-65_542, methods(&["migrate/a"]))));
    assert!(!token_refused(&grant(-65_544, purposes(&[1, 2]))));
    assert!(token_refused(&grant(-65_544, purposes(&[2, 1]))));
    assert!(token_refused(&grant(-65_544, purposes(&[1, 1]))));
    assert!(token_refused(&grant(-65_544, purposes(&[8]))));
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    let deep = vec![0x81; 500_000];
    assert!(decode_invocation(&deep).is_err());
    assert!(token_refused(&deep[..16_000]));
    assert!(directive_refused(&deep));
    for map in signed_maps() {
        map.assert_bytes_refused(&[0x81; 900], "deep arrays");
        map.assert_bytes_refused(&[0xa1; 900], "deep maps");
        map.assert_bytes_refused(&[0xd8; 900], "deep tags");
    }
}

#[test]
fn envelopes_that_are_too_long_are_refused_before_they_are_read() {
    let long = vec![0; nectar_capability::MAX_INVOCATION_BYTES + 1];
    assert_eq!(decide(&long).unwrap_err(), RefusalReason::TooLarge);
    let long = vec![0; nectar_abi::limits::MAX_TOKEN_BYTES + 1];
    assert!(matches!(Token::decode(&long), Err(TokenError::TooLong { .. })));
    let long = vec![0; nectar_capability::MAX_DIRECTIVE_BYTES + 1];
    let refusal = verify_directive(&long, NOW, NETWORK, dsp().public()).unwrap_err();
    assert_eq!(refusal.reason(), RefusalReason::TooLarge);
}

#[test]
fn other_headers_than_ours_are_refused() {
    let grant = root(0);
    let items = sign1(grant.bytes());
    let tagged = |tag, items: Vec<Value>| to_cbor(&Value::Tag(tag, Box::new(Value::Array(items))));
    assert_eq!(tagged(18, items.clone()), grant.bytes());
    assert!(token_refused(&raw_token(&[to_cbor(&Value::Array(items.clone()))])), "untagged");
    assert!(token_refused(&raw_token(&[tagged(17, items.clone())])), "another tag");
    let mut unprotected = items.clone();
    unprotected[1] = Value::Map(vec![(4.into(), Value::Bytes(owner().public().as_bytes().to_vec()))]);
    assert!(token_refused(&raw_token(&[tagged(18, unprotected)])), "an unprotected header");
    for algorithm in [-7, -35, -36, -19, -9, 0] {
        let mut other = items.clone();
        let mut header = from_cbor(other[0].as_bytes().unwrap()).into_map().unwrap();
        header[0].1 = algorithm.into();
        other[0] = Value::Bytes(to_cbor(&Value::Map(header)));
        assert!(token_refused(&raw_token(&[tagged(18, other)])), "algorithm {algorithm}");
    }
    let mut detached = items;
    detached[2] = Value::Null;
    assert!(token_refused(&raw_token(&[tagged(18, detached)])), "a detached payload");
}
