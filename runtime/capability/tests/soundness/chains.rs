//! A child is narrower on every axis, exactly one less deep and signed by its parent's holder.

use nectar_abi::limits::{MAX_CHAIN, MAX_EMERGENCY_SECONDS, MAX_METHODS, MAX_REASON_BYTES};
use nectar_abi::{CodeHash, ContractId, FieldMask, GrantHash, LegalBasis, PatientHandle, Purpose};
use nectar_capability::{
    Axis, ChainError, Grant, GrantBuilder, GrantError, RefusalReason, SignedGrant, Token, TokenError,
};

use crate::common::*;

/// A parent that is narrow on every axis, so that each can be widened.
fn narrow_parent() -> SignedGrant {
    root_builder(2).patient(PATIENT).sign(&owner()).unwrap()
}
fn equal_child(parent: &SignedGrant) -> Grant {
    GrantBuilder::child(parent, holder(1).public()).build().unwrap()
}
fn refused(parent: &SignedGrant, child: &SignedGrant) -> RefusalReason {
    let token = Token::unchecked(parent.clone(), vec![child.clone()]);
    decide(&call(&token).sign(&holder(1)).unwrap()).unwrap_err()
}

#[test]
fn each_axis_widened_alone_is_refused() {
    type Widen = fn(&mut Grant);
    let axes: [(Axis, Widen); 12] = [
        (Axis::Contract, |g| g.contract = ContractId::new([1; 32])),
        (Axis::Code, |g| g.code = CodeHash::new([1; 32])),
        (Axis::Patient, |g| g.patient = None),
        (Axis::Patient, |g| g.patient = Some(PatientHandle::new([1; 32]))),
        (Axis::Methods, |g| g.methods.extend([method("query/list")])),
        (Axis::Methods, |g| g.methods = [method("execute/get")].into()),
        (Axis::Fields, |g| g.fields = FieldMask(0x1_ffff)),
        (Axis::Fields, |g| g.fields = FieldMask(0x1_0000)),
        (Axis::Purposes, |g| g.purposes.extend([Purpose::Research])),
        (Axis::Basis, |g| g.basis = LegalBasis::Authorization),
        (Axis::NotBefore, |g| g.not_before -= 1),
        (Axis::Expires, |g| g.expires += 1),
    ];
    let parent = narrow_parent();
    for (axis, widen) in axes {
        let mut child = equal_child(&parent);
        widen(&mut child);
        let child = child.sign(&holder(0)).unwrap();
        let token = Token::root(parent.clone()).unwrap();
        assert_eq!(token.delegate(child.clone()), Err(ChainError::Wider(axis)));
        // Another contract in a child no longer fits the proof's; the chain is refused before that.
        assert_eq!(refused(&parent, &child), RefusalReason::WiderChild, "{axis}");
    }
}

#[test]
fn an_emergency_child_of_an_ordinary_grant_is_wider() {
    let parent = narrow_parent();
    let mut child = equal_child(&parent);
    child.purposes = [Purpose::EmergencyTreatment].into();
    child.reason = Some("emergency".to_owned());
    assert_eq!(refused(&parent, &child.sign(&holder(0)).unwrap()), RefusalReason::WiderChild);
}

#[test]
fn a_child_that_widens_what_its_parent_narrowed_is_refused_however_wide_the_root_is() {
    let top = root(2);
    let middle = GrantBuilder::child(&top, holder(1).public())
        .methods([method("query/get")])
        .sign(&holder(0))
        .unwrap();
    let mut last = GrantBuilder::child(&middle, holder(2).public()).build().unwrap();
    last.methods = top.grant().methods.clone();
    let token = Token::unchecked(top, vec![middle, last.sign(&holder(1)).unwrap()]);
    let bytes = call(&token).sign(&holder(2)).unwrap();
    assert_eq!(decide(&bytes).unwrap_err(), RefusalReason::WiderChild);
}

#[test]
fn the_depth_falls_by_exactly_one() {
    let parent = narrow_parent();
    for depth in [0, 2, 3, 7] {
        let mut child = equal_child(&parent);
        child.depth = depth;
        let child = child.sign(&holder(0)).unwrap();
        let error = ChainError::Depth { expected: 1, got: depth };
        assert_eq!(Token::root(parent.clone()).unwrap().delegate(child.clone()), Err(error));
        assert_eq!(refused(&parent, &child), RefusalReason::TooDeep, "{depth}");
    }
}

#[test]
fn a_grant_of_depth_zero_has_no_children() {
    let parent = root(0);
    let child = equal_child(&parent).sign(&holder(0)).unwrap();
    assert_eq!(Token::root(parent.clone()).unwrap().delegate(child.clone()), Err(ChainError::NoDepthLeft));
    assert_eq!(refused(&parent, &child), RefusalReason::TooDeep);
}

#[test]
fn a_chain_longer_than_the_limit_is_refused() {
    let longest = chain(MAX_CHAIN - 1);
    let last = longest.leaf();
    let mut grants: Vec<_> = longest.grants().cloned().collect();
    let more = GrantBuilder::child(last, holder(MAX_CHAIN).public()).sign(&holder(MAX_CHAIN - 1)).unwrap();
    assert_eq!(longest.delegate(more.clone()), Err(ChainError::TooLong));
    grants.push(more);
    let bytes: Vec<_> = grants.iter().map(|g| g.bytes().to_vec()).collect();
    assert_eq!(Token::decode(&raw_token(&bytes)), Err(TokenError::Chain(ChainError::TooLong)));
    assert_eq!(Token::decode(&raw_token(&[])), Err(TokenError::Malformed));
    let mut deep = root_builder(0).build().unwrap();
    deep.depth = 8;
    assert_eq!(deep.sign(&owner()), Err(GrantError::TooDeep { got: 8 }));
}

#[test]
fn a_child_by_anybody_but_the_holder_is_refused() {
    let parent = narrow_parent();
    for stranger in [owner(), holder(1), key(99)] {
        let mut child = equal_child(&parent);
        child.issuer = stranger.public();
        let child = child.sign(&stranger).unwrap();
        let token = Token::root(parent.clone()).unwrap();
        assert_eq!(token.delegate(child.clone()), Err(ChainError::IssuerNotHolder));
        assert_eq!(refused(&parent, &child), RefusalReason::ChainBroken);
    }
}

#[test]
fn a_grant_signed_by_another_key_than_its_issuer_is_refused() {
    let (grant, stranger) = (root_builder(0).build().unwrap(), key(99));
    assert_eq!(grant.sign(&stranger), Err(GrantError::NotIssuer));
    let forged = resign(&stranger, GRANT_CONTEXT, claims(grant.sign(&owner()).unwrap().bytes()));
    assert_eq!(SignedGrant::decode(&forged), Err(TokenError::BadSignature));
}

#[test]
fn swapped_removed_repeated_and_reordered_grants_are_refused() {
    let token = chain(2);
    let grants: Vec<_> = token.grants().cloned().collect();
    let other = chain(2);
    let others: Vec<_> = other.grants().cloned().collect();
    let [a, b, c] = [0, 1, 2].map(|i| grants[i].clone());
    let broken: [Vec<SignedGrant>; 8] = [
        vec![others[0].clone(), b.clone(), c.clone()],
        vec![a.clone(), others[1].clone(), c.clone()],
        vec![a.clone(), b.clone(), others[2].clone()],
        vec![a.clone(), c.clone()],
        vec![b.clone(), c.clone()],
        vec![a.clone(), b.clone(), b.clone(), c.clone()],
        vec![a.clone(), c.clone(), b.clone()],
        vec![a.clone(), a.clone(), b.clone(), c.clone()],
    ];
    for grants in broken {
        let token = Token::unchecked(grants[0].clone(), grants[1..].to_vec());
        let reason = decide(&call(&token).sign(&holder(2)).unwrap()).unwrap_err();
        assert_eq!(reason, RefusalReason::ChainBroken);
    }
    let alone = Token::unchecked(c.clone(), vec![]);
    assert_eq!(
        decide(&call(&alone).sign(&holder(2)).unwrap()).unwrap_err(),
        RefusalReason::ChainBroken,
        "a child without its parents"
    );
    assert_eq!(Token::root(c), Err(ChainError::RootHasParent));
}

#[test]
fn a_child_without_a_parent_hash_is_refused() {
    let parent = narrow_parent();
    for hash in [None, Some(GrantHash::new([0; 32]))] {
        let mut child = equal_child(&parent);
        child.parent = hash;
        assert_eq!(refused(&parent, &child.sign(&holder(0)).unwrap()), RefusalReason::ChainBroken);
    }
}

#[test]
fn a_root_by_anybody_but_the_owner_is_refused() {
    let stranger = key(99);
    let mut grant = root_builder(0).build().unwrap();
    grant.issuer = stranger.public();
    let token = Token::root(grant.sign(&stranger).unwrap()).unwrap();
    assert_eq!(decide(&signed_call(&token)).unwrap_err(), RefusalReason::WrongIssuer);
}

#[test]
fn a_grant_that_contradicts_itself_cannot_be_signed() {
    let change = |change: fn(&mut Grant)| {
        let mut grant = root_builder(0).build().unwrap();
        change(&mut grant);
        grant.sign(&owner()).unwrap_err()
    };
    assert_eq!(change(|g| g.methods.clear()), GrantError::NoMethods);
    assert_eq!(change(|g| g.purposes.clear()), GrantError::NoPurposes);
    assert!(matches!(change(|g| g.expires = g.not_before), GrantError::EmptyWindow { .. }));
    assert_eq!(
        change(|g| g.methods = (0..=MAX_METHODS).map(|i| method(&format!("query/m{i}"))).collect()),
        GrantError::TooManyMethods { got: MAX_METHODS + 1 }
    );
    assert_eq!(change(|g| g.reason = Some("r".repeat(MAX_REASON_BYTES + 1))), GrantError::BadReason);
    for reason in ["", "   ", "two\nlines", "a\u{1b}[31m"] {
        let mut grant = root_builder(0).build().unwrap();
        grant.reason = Some(reason.to_owned());
        assert_eq!(grant.sign(&owner()), Err(GrantError::BadReason), "{reason:?}");
    }
}

#[test]
fn break_glass_needs_a_reason_stands_alone_and_ends_within_an_hour() {
    let emergency = || {
        root_builder(0)
            .purposes([Purpose::EmergencyTreatment])
            .window(NOW, NOW + MAX_EMERGENCY_SECONDS)
            .reason("unconscious on arrival")
    };
    let good = emergency().sign(&owner()).unwrap();
    assert_eq!(
        emergency().window(NOW, NOW + MAX_EMERGENCY_SECONDS + 1).sign(&owner()),
        Err(GrantError::EmergencyTooLong { got: MAX_EMERGENCY_SECONDS + 1 })
    );
    assert_eq!(
        emergency().purposes([Purpose::EmergencyTreatment, Purpose::Treatment]).sign(&owner()),
        Err(GrantError::EmergencyNotAlone)
    );
    assert_eq!(
        root_builder(0).purposes([Purpose::EmergencyTreatment]).sign(&owner()),
        Err(GrantError::EmergencyWithoutReason)
    );
    // The same, signed by an owner whose client does not check.
    let purposes = |numbers: &[u8]| {
        Some(ciborium::Value::Array(numbers.iter().map(|n| ciborium::Value::from(*n)).collect()))
    };
    for (claim, value) in
        [(4, Some((NOW + MAX_EMERGENCY_SECONDS + 1).into())), (-65_547, None), (-65_544, purposes(&[1, 4]))]
    {
        let bytes = grant_with(&good, &owner(), claim, value);
        let refusal = nectar_capability::Refusal::from(SignedGrant::decode(&bytes).unwrap_err());
        assert_eq!(refusal.reason(), RefusalReason::EmergencyRules, "claim {claim}");
    }
    let unchanged = grant_with(&good, &owner(), -65_544, purposes(&[4]));
    assert_eq!(SignedGrant::decode(&unchanged), Ok(good));
}

#[test]
fn a_grant_that_contradicts_itself_is_refused_whoever_signed_it() {
    let empty = Some(ciborium::Value::Array(vec![]));
    for (claim, value) in [
        (-65_542, empty.clone()),
        (-65_544, empty),
        (4, Some((NOW - 1800).into())),
        (-65_546, Some(8.into())),
        (-65_547, Some(" ".into())),
    ] {
        let bytes = grant_with(&root(0), &owner(), claim, value);
        assert!(matches!(SignedGrant::decode(&bytes), Err(TokenError::Grant(_))), "claim {claim}");
    }
}
