//! A signature verifies for one use, and in one encoding.

use ciborium::Value;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use nectar_capability::{
    CoseError, Directive, SignedGrant, SigningKey, cose, decode_invocation, sign_directive, verify_directive,
};
use sha2::{Digest as _, Sha512};

use crate::common::*;

const USE: &str = "test";

/// Order of the base point, little-endian (RFC 8032, section 5.1).
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn plus(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let mut sum = [0; 32];
    let mut carry = 0u16;
    for i in 0..32 {
        let digit = u16::from(a[i]) + u16::from(b[i]) + carry;
        sum[i] = u8::try_from(digit & 0xff).unwrap();
        carry = digit >> 8;
    }
    assert_eq!(carry, 0);
    sum
}

/// An envelope with this key and signature around the payload `p`.
fn envelope(key: &[u8; 32], signature: &[u8]) -> Vec<u8> {
    let header = Value::Map(vec![(1.into(), (-8).into()), (4.into(), Value::Bytes(key.to_vec()))]);
    let items = vec![
        Value::Bytes(to_cbor(&header)),
        Value::Map(vec![]),
        Value::Bytes(b"p".to_vec()),
        Value::Bytes(signature.to_vec()),
    ];
    to_cbor(&Value::Tag(18, Box::new(Value::Array(items))))
}

/// What is signed (RFC 9052, section 4.4).
fn to_be_signed(key: &[u8; 32]) -> Vec<u8> {
    let header = Value::Map(vec![(1.into(), (-8).into()), (4.into(), Value::Bytes(key.to_vec()))]);
    let header = Value::Bytes(to_cbor(&header));
    let (aad, payload) = (Value::Bytes(USE.into()), Value::Bytes(b"p".to_vec()));
    to_cbor(&Value::Array(vec!["Signature1".into(), header, aad, payload]))
}

fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(
        &Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize().into(),
    )
}

/// The secret scalar of a seed (RFC 8032, section 5.1.5).
fn secret(seed: &[u8; 32]) -> Scalar {
    let mut half: [u8; 32] = Sha512::digest(seed)[..32].try_into().unwrap();
    half[0] &= 248;
    half[31] &= 127;
    half[31] |= 64;
    Scalar::from_bytes_mod_order(half)
}

fn verify(bytes: &[u8]) -> Result<(), CoseError> {
    cose::verify(USE, bytes, 999).map(|_| ())
}

#[test]
fn a_signature_made_by_hand_verifies_so_that_the_tests_below_mean_something() {
    let (seed, nonce) = ([3; 32], Scalar::from(77u8));
    let key = *SigningKey::from_bytes(&seed).public().as_bytes();
    let r = EdwardsPoint::mul_base(&nonce).compress().0;
    let s = nonce + challenge(&r, &key, &to_be_signed(&key)) * secret(&seed);
    assert_eq!(verify(&envelope(&key, &[r, s.to_bytes()].concat())), Ok(()));
}

#[test]
fn s_plus_the_group_order_is_refused() {
    let key = key(3);
    let bytes = cose::sign(&key, USE, b"p");
    let signature = sign1(&bytes)[3].as_bytes().unwrap().clone();
    let (r, s) = signature.split_at(32);
    let public = *key.public().as_bytes();
    assert_eq!(envelope(&public, &signature), bytes);
    let s: [u8; 32] = s.try_into().unwrap();
    let mut larger = s;
    for _ in 0..7 {
        larger = plus(&larger, &L);
        assert_eq!(verify(&envelope(&public, &[r, &larger].concat())), Err(CoseError::BadSignature));
    }
}

/// Encodings of the neutral element: y = 1, and y = p + 1.
const NEUTRAL: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};
const NEUTRAL_UNREDUCED: [u8; 32] = {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xee;
    bytes[31] = 0x7f;
    bytes
};

#[test]
fn a_nonce_point_of_small_order_is_refused_reduced_or_not() {
    let seed = [3; 32];
    let key = *SigningKey::from_bytes(&seed).public().as_bytes();
    for r in [NEUTRAL, NEUTRAL_UNREDUCED] {
        // R is neutral, so S = k * a satisfies the equation of a lax verifier.
        let s = challenge(&r, &key, &to_be_signed(&key)) * secret(&seed);
        assert_eq!(verify(&envelope(&key, &[r, s.to_bytes()].concat())), Err(CoseError::BadSignature));
    }
}

#[test]
fn an_unreduced_nonce_point_is_refused() {
    // y = p + k names the point with y = k.
    let unreduced = |k: u8| {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + k;
        bytes[31] = 0x7f;
        bytes
    };
    let points = (0..19).map(unreduced).filter(|bytes| CompressedEdwardsY(*bytes).decompress().is_some());
    let key = *key(3).public().as_bytes();
    let mut tried = 0;
    for r in points {
        assert_eq!(verify(&envelope(&key, &[r, [0; 32]].concat())), Err(CoseError::BadSignature));
        tried += 1;
    }
    assert!(tried > 5);
}

#[test]
fn keys_of_small_order_and_unreduced_keys_are_refused() {
    for small in curve25519_dalek::constants::EIGHT_TORSION {
        let key = small.compress().0;
        // With k a multiple of eight, S = 0 and R = -k * A = 0 verify for a lax verifier; try nonces until it is.
        for attempt in 0..64u8 {
            let nonce = Scalar::from(attempt);
            let r = EdwardsPoint::mul_base(&nonce).compress().0;
            assert_eq!(
                verify(&envelope(&key, &[r, nonce.to_bytes()].concat())),
                Err(CoseError::BadSignature)
            );
        }
    }
    for key in [NEUTRAL_UNREDUCED, [0xff; 32]] {
        assert_eq!(verify(&envelope(&key, &[NEUTRAL, [0; 32]].concat())), Err(CoseError::BadSignature));
    }
}

#[test]
fn a_lax_verifier_would_accept_a_key_of_small_order() {
    // The neutral element as key, any S, R = S * B: the equation S * B = R + k * A holds for every message.
    let nonce = Scalar::from(5u8);
    let r = EdwardsPoint::mul_base(&nonce).compress().0;
    let point = CompressedEdwardsY(NEUTRAL).decompress().unwrap();
    let k = challenge(&r, &NEUTRAL, &to_be_signed(&NEUTRAL));
    assert_eq!(EdwardsPoint::mul_base(&nonce), EdwardsPoint::mul_base(&nonce) + k * point);
    assert_eq!(verify(&envelope(&NEUTRAL, &[r, nonce.to_bytes()].concat())), Err(CoseError::BadSignature));
}

#[test]
fn no_signature_verifies_for_another_use() {
    let signer = owner();
    let directive = Directive::ReadAudit { contract: None };
    let order = sign_directive(&signer, dsp().public(), NETWORK, [6; 16], NOW, NOW + 10, &directive).unwrap();
    let grant = root(0);
    let (proof, message, token) = parts(&signed_call(&chain(0)));
    let all = [
        (GRANT_CONTEXT, grant.bytes().to_vec()),
        (INVOCATION_CONTEXT, proof.clone()),
        (DIRECTIVE_CONTEXT, order.clone()),
    ];
    for (made_for, bytes) in &all {
        for context in [GRANT_CONTEXT, INVOCATION_CONTEXT, DIRECTIVE_CONTEXT, "", "nectar/receipt/v1"] {
            assert_eq!(cose::verify(context, bytes, 4096).is_ok(), *made_for == context);
        }
    }
    // The right claims, signed by the right key for another use, through the front doors.
    for (_, context) in [("", GRANT_CONTEXT), ("", INVOCATION_CONTEXT), ("", DIRECTIVE_CONTEXT)] {
        let same = |at: &str| at == context;
        let as_grant = resign(&signer, context, claims(grant.bytes()));
        assert_eq!(SignedGrant::decode(&as_grant).is_ok(), same(GRANT_CONTEXT));
        let as_proof = resign(&holder(0), context, claims(&proof));
        let invocation = raw_invocation(as_proof, message.clone(), token.clone());
        assert_eq!(decode_invocation(&invocation).is_ok(), same(INVOCATION_CONTEXT));
        let as_order = resign(&signer, context, claims(&order));
        assert_eq!(
            verify_directive(&as_order, NOW, NETWORK, dsp().public()).is_ok(),
            same(DIRECTIVE_CONTEXT)
        );
    }
    // One kind of bytes in the place of another.
    assert!(SignedGrant::decode(&order).is_err());
    assert!(SignedGrant::decode(&proof).is_err());
    assert!(verify_directive(grant.bytes(), NOW, NETWORK, dsp().public()).is_err());
    assert!(verify_directive(&proof, NOW, NETWORK, dsp().public()).is_err());
    assert!(
        decode_invocation(&raw_invocation(grant.bytes().to_vec(), message.clone(), token.clone())).is_err()
    );
    assert!(decode_invocation(&raw_invocation(order, message, token)).is_err());
}

#[test]
fn a_grant_has_one_hash_whatever_nonce_its_issuer_signed_with() {
    let seed = [1; 32];
    let grant = root(0);
    assert_eq!(SigningKey::from_bytes(&seed).public(), grant.grant().issuer);
    let mut items = sign1(grant.bytes());
    let message = Value::Array(vec![
        "Signature1".into(),
        items[0].clone(),
        Value::Bytes(GRANT_CONTEXT.into()),
        items[2].clone(),
    ]);
    let (message, key, nonce) = (to_cbor(&message), *grant.grant().issuer.as_bytes(), Scalar::from(78u8));
    let r = EdwardsPoint::mul_base(&nonce).compress().0;
    let s = nonce + challenge(&r, &key, &message) * secret(&seed);
    items[3] = Value::Bytes([r, s.to_bytes()].concat());
    let again = SignedGrant::decode(&to_cbor(&Value::Tag(18, Box::new(Value::Array(items))))).unwrap();
    assert_ne!(again.bytes(), grant.bytes());
    assert_eq!(again.hash(), grant.hash());
}
