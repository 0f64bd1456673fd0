//! A proof of possession fits one request to one node, once, while its grants hold.

use ciborium::Value;
use nectar_abi::limits::{MAX_INVOCATION_WINDOW, MAX_MESSAGE_BYTES, MAX_TOUCHED};
use nectar_abi::{CodeHash, ContractId, NetworkId, Purpose};
use nectar_capability::{
    Expected, ExpectedToken, GrantBuilder, Invocation, RefusalReason, RequestError, Token, authorize,
    decode_invocation, verify_token,
};

use crate::common::*;

fn after(change: impl FnOnce(&mut Invocation)) -> RefusalReason {
    let token = chain(0);
    let mut call = call(&token);
    change(&mut call);
    decide(&call.sign(&holder(0)).unwrap()).unwrap_err()
}
fn expecting(change: impl FnOnce(&mut Expected)) -> RefusalReason {
    let mut expected = expected();
    change(&mut expected);
    decide_with(&signed_call(&chain(1)), &expected, &View::default()).unwrap_err()
}

#[test]
fn a_request_for_another_place_is_refused() {
    assert_eq!(expecting(|e| e.dsp = key(98).public()), RefusalReason::WrongDsp);
    assert_eq!(expecting(|e| e.network = NetworkId(2)), RefusalReason::WrongNetwork);
    assert_eq!(expecting(|e| e.owner = key(98).public()), RefusalReason::WrongIssuer);
    assert_eq!(expecting(|e| e.code = CodeHash::new([0; 32])), RefusalReason::WrongCode);
    assert_eq!(after(|call| call.dsp = key(98).public()), RefusalReason::WrongDsp);
    assert_eq!(after(|call| call.network = NetworkId(2)), RefusalReason::WrongNetwork);
    assert_eq!(after(|call| call.contract = ContractId::new([1; 32])), RefusalReason::WrongContract);
}

#[test]
fn a_method_or_purpose_that_is_not_granted_is_refused() {
    let list = |call: &mut Invocation| {
        call.method = method("query/list");
        call.message = br#"{"list":{}}"#.to_vec();
    };
    assert_eq!(after(list), RefusalReason::MethodNotGranted);
    assert_eq!(after(|call| call.method = method("execute/get")), RefusalReason::MethodNotGranted);
    assert_eq!(after(|call| call.purpose = Purpose::Research), RefusalReason::PurposeNotGranted);
    assert_eq!(after(|call| call.purpose = Purpose::EmergencyTreatment), RefusalReason::PurposeNotGranted);
}

#[test]
fn a_leaf_grants_what_it_names_and_not_what_its_parents_name() {
    let parent = root(1);
    let child = GrantBuilder::child(&parent, holder(1).public())
        .methods([method("query/get")])
        .purposes([Purpose::Treatment])
        .sign(&holder(0))
        .unwrap();
    let token = Token::root(parent).unwrap().delegate(child).unwrap();
    let mut put = call(&token);
    put.method = method("execute/put");
    put.message = br#"{"put":{}}"#.to_vec();
    assert_eq!(decide(&put.sign(&holder(1)).unwrap()).unwrap_err(), RefusalReason::MethodNotGranted);
    let mut payment = call(&token);
    payment.purpose = Purpose::Payment;
    assert_eq!(decide(&payment.sign(&holder(1)).unwrap()).unwrap_err(), RefusalReason::PurposeNotGranted);
}

#[test]
fn a_message_of_another_method_is_refused_although_the_holder_signed_it() {
    for message in [r#"{"put":{}}"#, r#"{"get":{},"put":{}}"#, r#""get""#, "{}", "", r#"{"get":{}}}"#] {
        assert_eq!(after(|call| call.message = message.into()), RefusalReason::MethodMismatch, "{message}");
    }
}

#[test]
fn a_changed_message_is_refused() {
    let (proof, mut message, token) = parts(&signed_call(&chain(0)));
    message[12] ^= 1;
    let reason = decide(&raw_invocation(proof, message, token)).unwrap_err();
    assert_eq!(reason, RefusalReason::ArgumentsChanged);
}

#[test]
fn a_swapped_token_is_refused() {
    let (proof, message, _) = parts(&signed_call(&chain(0)));
    let swap =
        |token: &Token| decide(&raw_invocation(proof.clone(), message.clone(), token.encode())).unwrap_err();
    assert_eq!(swap(&chain(0)), RefusalReason::WrongGrant, "the same holder's other grant");
    assert_eq!(swap(&chain(1)), RefusalReason::NotHolder, "another holder's grant");
}

#[test]
fn a_proof_by_anybody_but_the_leafs_holder_is_refused() {
    let token = chain(2);
    for thief in [owner(), holder(0), holder(1), dsp(), key(99)] {
        let bytes = call(&token).sign(&thief).unwrap();
        assert_eq!(decide(&bytes).unwrap_err(), RefusalReason::NotHolder);
    }
}

#[test]
fn a_parents_holder_uses_their_own_grant_and_not_the_childs() {
    let token = chain(1);
    let parent = Token::root(token.first().clone()).unwrap();
    assert!(decide(&call(&parent).sign(&holder(0)).unwrap()).is_ok());
    assert_eq!(decide(&call(&parent).sign(&holder(1)).unwrap()).unwrap_err(), RefusalReason::NotHolder);
}

#[test]
fn a_request_before_its_first_or_after_its_last_second_is_refused() {
    let mut call = call(&chain(0));
    (call.not_before, call.expires) = (NOW, NOW + 10);
    let bytes = call.sign(&holder(0)).unwrap();
    let at = |now| decide_with(&bytes, &Expected { now, ..expected() }, &View::default()).map(|_| ());
    assert_eq!(at(NOW - 1), Err(RefusalReason::NotYetValid));
    assert_eq!(at(NOW), Ok(()));
    assert_eq!(at(NOW + 9), Ok(()));
    assert_eq!(at(NOW + 10), Err(RefusalReason::Expired));
    assert_eq!(at(0), Err(RefusalReason::NotYetValid));
    assert_eq!(at(u64::MAX), Err(RefusalReason::Expired));
}

#[test]
fn a_grant_before_its_first_or_after_its_last_second_is_refused() {
    let parent = root_builder(1).window(NOW - 100, NOW + 100).sign(&owner()).unwrap();
    let child =
        GrantBuilder::child(&parent, holder(1).public()).window(NOW, NOW + 10).sign(&holder(0)).unwrap();
    let token = Token::root(parent).unwrap().delegate(child).unwrap();
    let mut call = call(&token);
    (call.not_before, call.expires) = (NOW - 100, NOW + 100);
    let bytes = call.sign(&holder(1)).unwrap();
    let at = |now| decide_with(&bytes, &Expected { now, ..expected() }, &View::default()).map(|_| ());
    assert_eq!(at(NOW - 1), Err(RefusalReason::NotYetValid));
    assert_eq!(at(NOW), Ok(()));
    assert_eq!(at(NOW + 9), Ok(()));
    assert_eq!(at(NOW + 10), Err(RefusalReason::Expired));
}

#[test]
fn a_window_that_is_empty_or_too_long_is_refused() {
    let token = chain(0);
    let (proof, message, encoded) = parts(&signed_call(&token));
    for (not_before, expires) in
        [(NOW, NOW), (NOW + 1, NOW), (NOW, NOW + MAX_INVOCATION_WINDOW + 1), (0, u64::MAX), (u64::MAX, 0)]
    {
        let mut call = call(&token);
        (call.not_before, call.expires) = (not_before, expires);
        assert_eq!(call.sign(&holder(0)), Err(RequestError::Window));
        let mut forged = claims(&proof);
        (forged[1].1, forged[2].1) = (expires.into(), not_before.into());
        let proof = resign(&holder(0), INVOCATION_CONTEXT, forged);
        let reason = decide(&raw_invocation(proof, message.clone(), encoded.clone())).unwrap_err();
        assert_eq!(reason, RefusalReason::WindowTooLong);
    }
}

#[test]
fn a_request_that_no_node_would_read_is_not_signed() {
    let token = chain(0);
    let sign = |change: &dyn Fn(&mut Invocation)| {
        let mut call = call(&token);
        change(&mut call);
        call.sign(&holder(0)).unwrap_err()
    };
    let contract = |i: usize| ContractId::new([u8::try_from(i).unwrap(); 32]);
    assert_eq!(
        sign(&|call| call.message = vec![0; MAX_MESSAGE_BYTES + 1]),
        RequestError::MessageTooLong { got: MAX_MESSAGE_BYTES + 1 }
    );
    assert_eq!(
        sign(&|call| call.touches = (0..=MAX_TOUCHED).map(contract).collect()),
        RequestError::TooManyTouched { got: MAX_TOUCHED + 1 }
    );
    assert_eq!(sign(&|call| call.touches = vec![contract(2), contract(1)]), RequestError::TouchedOrder);
    assert_eq!(sign(&|call| call.touches = vec![contract(1), contract(1)]), RequestError::TouchedOrder);
}

#[test]
fn contracts_to_touch_that_are_no_sorted_set_are_refused_although_the_holder_signed_them() {
    let (proof, message, token) = parts(&signed_call(&chain(0)));
    let after = |contracts: &[u8]| {
        let mut forged = claims(&proof);
        let touches = forged.iter_mut().find(|(key, _)| *key == Value::from(-65_552)).unwrap();
        touches.1 = Value::Array(contracts.iter().map(|byte| Value::Bytes(vec![*byte; 32])).collect());
        let proof = resign(&holder(0), INVOCATION_CONTEXT, forged);
        decide(&raw_invocation(proof, message.clone(), token.clone())).map(|_| ())
    };
    assert_eq!(after(&[1, 2, 3, 4, 5, 6, 7, 8]), Ok(()));
    for contracts in [[2, 1].as_slice(), &[1, 1], &[1, 2, 1], &[1, 2, 3, 4, 5, 6, 7, 8, 9]] {
        assert_eq!(after(contracts), Err(RefusalReason::Malformed), "{contracts:?}");
    }
}

#[test]
fn a_nonce_counts_once_for_each_holder() {
    let bytes = signed_call(&chain(0));
    let mut view = View::default();
    assert!(decide_with(&bytes, &expected(), &view).is_ok());
    view.nonces.entry(holder(0).public()).or_default().insert([5; 16]);
    assert_eq!(decide_with(&bytes, &expected(), &view).unwrap_err(), RefusalReason::Replayed);
    let mut view = View::default();
    view.nonces.entry(holder(1).public()).or_default().insert([5; 16]);
    assert!(decide_with(&bytes, &expected(), &view).is_ok(), "another holder's nonce");
}

#[test]
fn every_grant_of_the_chain_must_be_registered_unrevoked_and_known() {
    let token = chain(2);
    let bytes = signed_call(&token);
    for grant in token.grants() {
        let one = || [grant.hash()].into();
        let refused = |view: View| decide_with(&bytes, &expected(), &view).unwrap_err();
        assert_eq!(refused(View { revoked: one(), ..View::default() }), RefusalReason::Revoked);
        assert_eq!(refused(View { unknown: one(), ..View::default() }), RefusalReason::Unregistered);
        assert_eq!(refused(View { stale: one(), ..View::default() }), RefusalReason::StaleView);
    }
    let view = View { nonces_stale: true, ..View::default() };
    assert_eq!(decide_with(&bytes, &expected(), &view).unwrap_err(), RefusalReason::StaleView);
}

#[test]
fn the_view_is_asked_the_same_questions_whatever_it_answers() {
    let token = chain(2);
    let bytes = signed_call(&token);
    let hashes: Vec<_> = token.grants().map(|grant| grant.hash()).collect();
    let mut seen = View::default();
    seen.nonces.entry(holder(2).public()).or_default().insert([5; 16]);
    let views = [
        View::default(),
        seen,
        View { nonces_stale: true, ..View::default() },
        View { revoked: [hashes[0]].into(), ..View::default() },
        View { unknown: [hashes[0]].into(), ..View::default() },
        View { stale: [hashes[0]].into(), ..View::default() },
        View { revoked: hashes.iter().copied().collect(), nonces_stale: true, ..View::default() },
    ];
    for view in views {
        let _ = decide_with(&bytes, &expected(), &view);
        assert_eq!(view.questions.get(), 4, "three grants and a nonce: {view:?}");
    }
}

#[test]
fn the_view_is_not_asked_by_somebody_who_holds_no_grant_of_the_owner() {
    let stranger = key(99);
    let mut grant = root_builder(0).build().unwrap();
    (grant.issuer, grant.holder) = (stranger.public(), stranger.public());
    let token = Token::root(grant.sign(&stranger).unwrap()).unwrap();
    let view = View::default();
    let bytes = call(&token).sign(&stranger).unwrap();
    assert_eq!(decide_with(&bytes, &expected(), &view).unwrap_err(), RefusalReason::WrongIssuer);
    assert_eq!(view.questions.get(), 0);
}

#[test]
fn a_token_that_does_not_fit_the_contract_is_not_registered() {
    let token = chain(1);
    let fits = ExpectedToken { now: NOW, contract: CONTRACT, owner: owner().public(), code: CODE };
    assert!(verify_token(&token, &fits).is_ok());
    let reason = |token: &Token, e: ExpectedToken| verify_token(token, &e).unwrap_err().reason();
    let other = ContractId::new([1; 32]);
    assert_eq!(reason(&token, ExpectedToken { contract: other, ..fits }), RefusalReason::WrongContract);
    assert_eq!(reason(&token, ExpectedToken { owner: key(9).public(), ..fits }), RefusalReason::WrongIssuer);
    assert_eq!(
        reason(&token, ExpectedToken { code: CodeHash::new([1; 32]), ..fits }),
        RefusalReason::WrongCode
    );
    assert_eq!(reason(&token, ExpectedToken { now: NOW + 1800, ..fits }), RefusalReason::Expired);
    let unchecked = Token::unchecked(token.first().clone(), vec![chain(1).leaf().clone()]);
    assert_eq!(reason(&unchecked, fits), RefusalReason::ChainBroken, "checked again");
}

#[test]
fn refusals_before_and_after_decoding_look_the_same() {
    let malformed = decode_invocation(b"garbage").unwrap_err();
    let good = decode_invocation(&signed_call(&chain(0))).unwrap();
    let expired = authorize(&good, &Expected { now: u64::MAX, ..expected() }, &View::default()).unwrap_err();
    assert_ne!(malformed.reason(), expired.reason());
    assert_eq!(malformed.to_string(), "refused");
    assert_eq!(malformed.to_string(), expired.to_string());
    assert_eq!(format!("{malformed:?}"), format!("{expired:?}"));
}

#[test]
fn debug_shows_no_message_patient_reason_or_secret() {
    let grant = root_builder(0).patient(PATIENT).reason("haemorrhage").sign(&owner()).unwrap();
    let token = Token::root(grant.clone()).unwrap();
    let call = call(&token);
    let decoded = decode_invocation(&call.sign(&holder(0)).unwrap()).unwrap();
    let directive = nectar_capability::Directive::Register { token: token.encode() };
    let summary = nectar_capability::GrantSummary::from(&grant);
    let text = format!("{grant:?} {token:?} {call:?} {decoded:?} {directive:?} {summary:?} {:?}", owner());
    for private in ["haemorrhage", &PATIENT.to_string(), "\"7\"", "PatientHandle", "[123, 34"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
}
