//! What must be accepted is accepted, up to the last allowed second, byte and hop.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

mod common;

use common::*;
use coset::CborSerializable as _;
use nectar_abi::limits::{
    MAX_CHAIN, MAX_EMERGENCY_SECONDS, MAX_INVOCATION_WINDOW, MAX_MESSAGE_BYTES, MAX_METHODS,
    MAX_REASON_BYTES, MAX_TOUCHED,
};
use nectar_abi::{ContractId, EntryPoint, FieldMask, GrantHash, LegalBasis, Method, Purpose};
use nectar_capability::{
    Directive, ExpectedToken, Grant, GrantBuilder, GrantSummary, MAX_DIRECTIVE_BYTES, MAX_GRANT_BYTES,
    MAX_INVOCATION_BYTES, MAX_LABEL_BYTES, MAX_PROOF_BYTES, SignedGrant, Token, decode_invocation,
    sign_directive, verify_directive, verify_token,
};
use proptest::prelude::*;

fn child(parent: &SignedGrant) -> GrantBuilder {
    GrantBuilder::child(parent, holder(1).public())
}

#[test]
fn a_call_with_a_root_grant_is_authorised_with_the_facts_of_the_grant() {
    let token = chain(0);
    let yes = decide(&signed_call(&token)).unwrap();
    assert_eq!(yes.chain, [token.leaf().hash()]);
    assert!(!yes.emergency);
    assert_eq!(yes.caller.holder, holder(0).public());
    assert_eq!(yes.caller.owner, owner().public());
    assert_eq!(yes.caller.grant, token.leaf().hash());
    assert_eq!(yes.caller.method, method("query/get"));
    assert_eq!(yes.caller.purpose, Purpose::Treatment);
    assert_eq!(yes.caller.legal_basis, LegalBasis::TreatmentPaymentOperations);
    assert_eq!(yes.caller.patient, None);
    assert_eq!(yes.caller.fields, FieldMask(0xffff));
    assert_eq!(yes.caller.expires, NOW + 1800);
    assert_eq!(yes.invocation.nonce, [5; 16]);
}

#[test]
fn a_chain_of_every_allowed_length_is_authorised() {
    for hops in 0..MAX_CHAIN {
        let token = chain(hops);
        let yes = decide(&signed_call(&token)).unwrap();
        assert_eq!(yes.chain, token.grants().map(SignedGrant::hash).collect::<Vec<_>>());
        assert_eq!(yes.caller.holder, holder(hops).public());
    }
}

#[test]
fn a_child_may_be_narrower_on_each_axis() {
    let parent = root(1);
    let narrower = [
        child(&parent),
        child(&parent).patient(PATIENT),
        child(&parent).methods([method("query/get")]),
        child(&parent).fields(FieldMask(1)),
        child(&parent).fields(FieldMask(0)),
        child(&parent).purposes([Purpose::Treatment]),
        child(&parent).window(NOW, NOW + 1800),
        child(&parent).window(NOW - 1800, NOW + 1),
    ];
    for builder in narrower {
        let child = builder.sign(&holder(0)).unwrap();
        let token = Token::root(parent.clone()).unwrap().delegate(child.clone()).unwrap();
        let yes = decide(&signed_call(&token)).unwrap();
        assert_eq!(yes.caller.fields, child.grant().fields);
        assert_eq!(yes.caller.patient, child.grant().patient);
        assert_eq!(yes.caller.expires, child.grant().expires);
    }
}

#[test]
fn the_first_and_the_last_second_of_a_grant_count() {
    let token = Token::root(root_builder(0).window(NOW, NOW + 10).sign(&owner()).unwrap()).unwrap();
    for now in [NOW, NOW + 9] {
        let mut call = call(&token);
        (call.not_before, call.expires) = (now, now + 1);
        let mut expected = expected();
        expected.now = now;
        let bytes = call.sign(&holder(0)).unwrap();
        assert!(decide_with(&bytes, &expected, &View::default()).is_ok(), "{now}");
    }
}

#[test]
fn an_invocation_may_use_the_whole_window() {
    let token = chain(0);
    let mut call = call(&token);
    (call.not_before, call.expires) = (NOW, NOW + MAX_INVOCATION_WINDOW);
    let bytes = call.sign(&holder(0)).unwrap();
    for now in [NOW, NOW + MAX_INVOCATION_WINDOW - 1] {
        let mut expected = expected();
        expected.now = now;
        assert!(decide_with(&bytes, &expected, &View::default()).is_ok());
    }
}

#[test]
fn break_glass_is_authorised_for_an_hour_and_marked() {
    let emergency = root_builder(0)
        .purposes([Purpose::EmergencyTreatment])
        .window(NOW, NOW + MAX_EMERGENCY_SECONDS)
        .reason("unconscious on arrival")
        .sign(&owner())
        .unwrap();
    let token = Token::root(emergency).unwrap();
    let mut call = call(&token);
    call.purpose = Purpose::EmergencyTreatment;
    let yes = decide(&call.sign(&holder(0)).unwrap()).unwrap();
    assert!(yes.emergency);
}

/// Every field at its limit.
fn largest_grant() -> Grant {
    let name = |i: usize| format!("{:a>64}", i);
    let mut grant = root_builder(7)
        .patient(PATIENT)
        .methods((0..MAX_METHODS).map(|i| Method::new(EntryPoint::Execute, &name(i)).unwrap()))
        .fields(FieldMask::ALL)
        .purposes(Purpose::ALL.iter().copied().filter(|p| *p != Purpose::EmergencyTreatment))
        .window(u64::MAX - 1, u64::MAX)
        .reason("r".repeat(MAX_REASON_BYTES))
        .build()
        .unwrap();
    grant.parent = Some(GrantHash::new([1; 32]));
    grant
}

#[test]
fn every_size_limit_leaves_room_for_what_it_bounds() {
    let largest = largest_grant().sign(&owner()).unwrap();
    assert!(largest.bytes().len() <= MAX_GRANT_BYTES);
    assert_eq!(SignedGrant::decode(largest.bytes()), Ok(largest));

    let token = chain(MAX_CHAIN - 1);
    let mut call = call(&token);
    let name = "g".repeat(64);
    call.method = Method::new(EntryPoint::Execute, &name).unwrap();
    let filling = "x".repeat(MAX_MESSAGE_BYTES - name.len() - 7);
    call.message = format!("{{\"{name}\":\"{filling}\"}}").into_bytes();
    assert_eq!(call.message.len(), MAX_MESSAGE_BYTES);
    call.touches = (1..=MAX_TOUCHED).map(|i| ContractId::new([u8::try_from(i).unwrap(); 32])).collect();
    call.network.0 = u64::MAX;
    (call.not_before, call.expires) = (u64::MAX - 1, u64::MAX);
    let bytes = call.sign(&leaf_holder(&token)).unwrap();
    assert!(bytes.len() <= MAX_INVOCATION_BYTES);
    assert!(parts(&bytes).0.len() <= MAX_PROOF_BYTES);
    let decoded = decode_invocation(&bytes).unwrap();
    assert_eq!(decoded.message(), call.message);
    assert_eq!(decoded.claims().touches, call.touches);
}

#[test]
fn a_token_and_its_grants_survive_their_bytes() {
    for hops in 0..4 {
        let token = chain(hops);
        assert_eq!(Token::decode(&token.encode()), Ok(token));
    }
}

#[test]
fn a_generic_cwt_reader_understands_a_grant() {
    let grant = root(3);
    let claims = coset::cwt::ClaimsSet::from_slice(&payload(grant.bytes())).unwrap();
    assert_eq!(claims.issuer, Some(owner().public().to_string()));
    assert_eq!(
        claims.expiration_time,
        Some(coset::cwt::Timestamp::WholeSeconds(i64::try_from(NOW + 1800).unwrap()))
    );
    assert_eq!(claims.cwt_id.as_deref(), Some(grant.grant().id.as_bytes().as_slice()));
}

#[test]
fn every_directive_survives_its_bytes() {
    let contract = ContractId::new([3; 32]);
    let directives = [
        Directive::UploadCode { code: CODE },
        Directive::Instantiate {
            code: CODE,
            label: "l".repeat(MAX_LABEL_BYTES),
            message: vec![b' '; MAX_MESSAGE_BYTES],
            salt: [9; 16],
            touches: (1..=8).map(|i| ContractId::new([i; 32])).collect(),
        },
        Directive::Register { token: chain(2).encode() },
        Directive::Revoke { contract, grant: GrantHash::new([4; 32]) },
        Directive::ReadAudit { contract: None },
        Directive::ReadAudit { contract: Some(contract) },
        Directive::Operate { action: "drain-queue_2".to_owned() },
    ];
    for directive in directives {
        let bytes =
            sign_directive(&owner(), dsp().public(), NETWORK, [6; 16], NOW, NOW + 300, &directive).unwrap();
        assert!(bytes.len() <= MAX_DIRECTIVE_BYTES);
        for now in [NOW, NOW + 299] {
            let verified = verify_directive(&bytes, now, NETWORK, dsp().public()).unwrap();
            assert_eq!(verified.signer, owner().public());
            assert_eq!(verified.directive, directive);
            assert_eq!((verified.nonce, verified.expires), ([6; 16], NOW + 300));
        }
    }
}

#[test]
fn a_grant_may_be_registered_before_it_holds() {
    let token = Token::root(root_builder(0).window(NOW + 50, NOW + 60).sign(&owner()).unwrap()).unwrap();
    let expected = |now| ExpectedToken { now, contract: CONTRACT, owner: owner().public(), code: CODE };
    assert!(verify_token(&token, &expected(NOW)).is_ok());
    assert!(verify_token(&token, &expected(NOW + 59)).is_ok());
    assert!(verify_token(&token, &expected(NOW + 60)).is_err());
}

#[test]
fn issuers_may_revoke_what_they_issued_and_what_hangs_below() {
    let token = chain(2);
    let hashes: Vec<_> = token.grants().map(SignedGrant::hash).collect();
    let may = |key: &nectar_capability::SigningKey| {
        hashes.iter().map(|h| token.may_revoke(&key.public(), h)).collect()
    };
    let (all, below, last, none): (Vec<_>, Vec<_>, Vec<_>, Vec<_>) =
        (may(&owner()), may(&holder(0)), may(&holder(1)), may(&holder(2)));
    assert_eq!(all, [true, true, true]);
    assert_eq!(below, [false, true, true]);
    assert_eq!(last, [false, false, true]);
    assert_eq!(none, [false, false, false]);
    assert!(!token.may_revoke(&owner().public(), &GrantHash::new([0; 32])));
}

#[test]
fn an_auditor_sees_every_field_as_text() {
    let signed = largest_grant().sign(&owner()).unwrap();
    let summary = GrantSummary::from(&signed);
    let json = serde_json::to_value(&summary).unwrap();
    let (text, grant) = (summary.to_string(), signed.grant());
    for (name, expected) in [
        ("hash", signed.hash().to_string()),
        ("id", grant.id.to_string()),
        ("parent", grant.parent.unwrap().to_string()),
        ("issuer", grant.issuer.to_string()),
        ("holder", grant.holder.to_string()),
        ("contract", grant.contract.to_string()),
        ("code", grant.code.to_string()),
        ("patient", PATIENT.to_string()),
        ("fields", "all".to_owned()),
        ("legal_basis", "TPO".to_owned()),
        ("depth", "7".to_owned()),
        ("reason", grant.reason.clone().unwrap()),
    ] {
        assert_eq!(json[name], expected, "{name}");
        assert!(text.contains(&expected), "{name}");
    }
    assert_eq!(json["methods"].as_array().unwrap().len(), MAX_METHODS);
    assert_eq!(json["purposes"][0], "TREAT");
    assert_eq!(
        serde_json::to_value(GrantSummary::from(&root(0))).unwrap()["expires"],
        "2026-09-21T14:43:20Z"
    );
}

#[test]
fn signing_the_same_claims_twice_makes_one_grant() {
    let grant = root_builder(0).build().unwrap();
    assert_eq!(grant.sign(&owner()).unwrap().hash(), grant.sign(&owner()).unwrap().hash());
    assert_ne!(root(0).hash(), root(0).hash(), "two grants with the same content have ids of their own");
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let ids = (any::<[u8; 16]>(), any::<Option<[u8; 32]>>(), any::<[u8; 32]>(), any::<Option<[u8; 32]>>());
    let names = prop::collection::btree_set("(execute|query)/[a-z0-9_]{1,64}", 1..=MAX_METHODS);
    let purposes = prop::sample::subsequence(Purpose::ALL, 1..=6);
    let rest = (any::<u64>(), prop::sample::select(LegalBasis::ALL), any::<u64>(), any::<u64>(), 0..8u8);
    let reason = prop::option::of("[a-zA-Zé][ a-zA-Z0-9.é]{0,80}");
    (ids, names, purposes, rest, reason).prop_filter_map(
        "consistent",
        |(ids, names, purposes, rest, reason)| {
            let mut grant = root_builder(0).build().unwrap();
            grant.id = nectar_abi::GrantId::new(ids.0);
            grant.parent = ids.1.map(GrantHash::new);
            grant.contract = ContractId::new(ids.2);
            grant.patient = ids.3.map(nectar_abi::PatientHandle::new);
            grant.methods = names.iter().map(|name| method(name)).collect();
            grant.purposes = purposes.into_iter().collect();
            (grant.fields, grant.basis) = (FieldMask(rest.0), rest.1);
            (grant.not_before, grant.expires, grant.depth) = (rest.2, rest.3, rest.4);
            grant.reason = reason;
            grant.check().is_ok().then_some(grant)
        },
    )
}

proptest! {
    #[test]
    fn any_consistent_grant_survives_its_bytes(grant in any_grant()) {
        let signed = grant.sign(&owner()).unwrap();
        prop_assert_eq!(signed.grant(), &grant);
        prop_assert_eq!(SignedGrant::decode(signed.bytes()), Ok(signed));
    }
}
