//! Everything that is refused, at the node's own door. All refusals look the same; the audit log knows them apart.

use nectar_abi::{FieldMask, Purpose};
use nectar_capability::{Directive, GrantBuilder, SigningKey, Token};

use crate::records::Hospital;
use crate::support::{NOW, World, key, patient, refused};
use crate::wat::Module;

const GO: &str = r#"{"go":{}}"#;

#[test]
fn every_case_of_a_caller_without_the_right_grant_is_refused() {
    let hospital = Hospital::new();
    let world = &hospital.world;
    hospital.put("ada", "o1", 1);
    let clinician = key("clinician");
    let token = hospital.clinician("ada");
    let message =
        format!(r#"{{"get":{{"patient":"{}","resource_type":"Observation","id":"o1"}}}}"#, patient("ada"));
    let get = |token: &Token, holder: &SigningKey| world.call(token, holder, "query/get", &message);
    let receipts = || world.node().receipts();

    // An insurer with a grant that nobody registered, and with one of their own making.
    let insurer = key("insurer");
    let grant = || world.grant(&hospital.records, insurer.public(), &["query/get"]);
    let before = receipts();
    let unregistered = Token::root(grant().sign(&world.hospital).unwrap()).unwrap();
    refused(get(&unregistered, &insurer));
    let own =
        GrantBuilder::root(insurer.public(), insurer.public(), hospital.records.id, hospital.records.code)
            .methods(["query/get".parse().unwrap()])
            .purposes([Purpose::Treatment])
            .window(NOW - 10, NOW + 1000);
    refused(get(&Token::root(own.sign(&insurer).unwrap()).unwrap(), &insurer));

    // Someone else's token.
    refused(get(&token, &insurer));

    // A method, and a purpose, that was not granted.
    refused(world.call(
        &token,
        &clinician,
        "query/summary",
        &format!(r#"{{"summary":{{"patient":"{}"}}}}"#, patient("ada")),
    ));
    let mut research = world.invocation(&token, "query/get", &message);
    research.purpose = Purpose::Research;
    refused(world.node().invoke(&research.sign(&clinician).unwrap()));

    // A child that is wider than its parent.
    let wider = GrantBuilder::child(token.leaf(), key("lab").public())
        .fields(FieldMask::ALL)
        .sign(&clinician)
        .unwrap();
    let wider = Token::unchecked(token.first().clone(), vec![wider]);
    refused(world.register(&clinician, &wider));
    refused(get(&wider, &key("lab")));
    assert_eq!(receipts(), before, "a refusal leaves no receipt");

    // The same request twice.
    let invocation = world.invocation(&token, "query/get", &message).sign(&clinician).unwrap();
    world.node().invoke(&invocation).unwrap();
    refused(world.node().invoke(&invocation));

    // An expired grant: the request is fresh, the grant is not.
    let short = world.registered(grant().window(NOW - 10, NOW + 5));
    assert!(get(&short, &insurer).is_ok());
    world.clock.set(NOW + 5);
    refused(get(&short, &insurer));

    // A revoked one.
    world.revoke(&world.hospital, hospital.records.id, token.leaf().hash()).unwrap();
    refused(get(&token, &clinician));

    // Known and unknown callers' refusals are in two logs: in one second, their order is not kept.
    let mut expected = [
        "unregistered",
        "wrong_issuer",
        "not_holder",
        "method_not_granted",
        "purpose_not_granted",
        "wider_child",
        "wider_child",
        "replayed",
        "expired",
        "revoked",
    ];
    let mut found = world.refusals();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_contract_that_does_not_exist_looks_like_any_refusal() {
    let world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let missing = crate::support::Contract { id: nectar_abi::ContractId::new([9; 32]), ..contract };
    let caller = key("caller");
    let grant = world.grant(&missing, caller.public(), &["query/go"]).sign(&world.hospital).unwrap();
    let token = Token::root(grant).unwrap();
    refused(world.call(&token, &caller, "query/go", GO));
    refused(world.register(&world.hospital, &token));
    refused(world.revoke(&world.hospital, missing.id, token.leaf().hash()));
}

#[test]
fn a_request_for_another_node_or_network_is_refused() {
    let world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["query/go"]);
    let mut other = world.invocation(&token, "query/go", GO);
    other.dsp = key("another dsp").public();
    refused(world.node().invoke(&other.sign(&caller).unwrap()));
    let mut other = world.invocation(&token, "query/go", GO);
    other.network = nectar_abi::NetworkId(2);
    refused(world.node().invoke(&other.sign(&caller).unwrap()));
    assert_eq!(world.refusals(), ["wrong_dsp", "wrong_network"]);
}

#[test]
fn only_owner_and_issuers_register_and_revoke() {
    let world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let caller = key("caller");
    let token =
        Token::root(world.grant(&contract, caller.public(), &["query/go"]).sign(&world.hospital).unwrap())
            .unwrap();
    refused(world.register(&key("stranger"), &token));
    world.register(&world.hospital, &token).unwrap();
    refused(world.revoke(&key("stranger"), contract.id, token.leaf().hash()));
    refused(world.revoke(&caller, contract.id, token.leaf().hash()));

    // Of a chain of three, every issuer may, and parents are registered along.
    let child = GrantBuilder::child(token.leaf(), key("b").public()).sign(&caller).unwrap();
    let middle = token.delegate(child).unwrap();
    let leaf = middle
        .delegate(GrantBuilder::child(middle.leaf(), key("c").public()).sign(&key("b")).unwrap())
        .unwrap();
    world.register(&key("b"), &leaf).unwrap();
    assert!(world.call(&leaf, &key("c"), "query/go", GO).is_ok());
    assert!(world.call(&middle, &key("b"), "query/go", GO).is_ok());
    world.revoke(&caller, contract.id, middle.leaf().hash()).unwrap();
    refused(world.call(&leaf, &key("c"), "query/go", GO));
    refused(world.call(&middle, &key("b"), "query/go", GO));
    assert!(world.call(&token, &caller, "query/go", GO).is_ok());
    // What hangs below a revoked grant is not registered any more.
    let other = middle
        .delegate(GrantBuilder::child(middle.leaf(), key("d").public()).sign(&key("b")).unwrap())
        .unwrap();
    refused(world.register(&key("b"), &other));
}

#[test]
fn what_is_allowed_but_impossible_is_said_to_those_who_may() {
    use nectar_runtime::{CallError, Invalid};
    let world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let token = world.token(&contract, key("caller").public(), &["query/go"]);
    let invalid = |result: Result<(), CallError>| match result {
        Err(CallError::Invalid(invalid)) => invalid,
        other => panic!("{other:?}"),
    };
    assert_eq!(invalid(world.register(&world.hospital, &token).map(|_| ())), Invalid::GrantExists);
    let unknown = nectar_abi::GrantHash::new([1; 32]);
    let revoke = |grant| world.revoke(&world.hospital, contract.id, grant).map(|_| ());
    assert_eq!(invalid(revoke(unknown)), Invalid::UnknownGrant);
    revoke(token.leaf().hash()).unwrap();
    assert_eq!(invalid(revoke(token.leaf().hash())), Invalid::AlreadyRevoked);
    refused(world.register(&world.hospital, &token));
    let code = nectar_abi::CodeHash::new([1; 32]);
    assert_eq!(invalid(world.instantiate(code, "{}").map(|_| ())), Invalid::UnknownCode);
}

#[test]
fn a_directive_is_good_once_and_only_for_what_it_says() {
    let world = World::new();
    let wasm = Module::default().build();
    let order =
        world.directive(&world.hospital, &Directive::UploadCode { code: crate::support::code_hash(&wasm) });
    world.node().upload(&order, &wasm).unwrap();
    refused(world.node().upload(&order, &wasm));
    let other = world.directive(&world.hospital, &Directive::Operate { action: "settle".into() });
    refused(world.node().instantiate(&other));
    refused(world.node().register(&other));
    refused(world.node().revoke(&other));
    refused(world.node().grants(&other));
    refused(world.node().audit(&other));
    refused(world.node().upload(&other, &wasm));
    assert_eq!(world.refusals().iter().filter(|reason| *reason == "malformed").count(), 6);
}

#[test]
fn a_flood_of_garbage_does_not_fill_the_store() {
    let world = World::new();
    refused(world.node().invoke(b"garbage"));
    let records = world.backend.records().len();
    for n in 0..5000u32 {
        refused(world.node().invoke(&n.to_be_bytes()));
    }
    assert!(world.backend.records().len() <= records + 1, "nothing is written within a second");
    for second in 1..30 {
        world.clock.set(NOW + second);
        for n in 0..400u32 {
            refused(world.node().invoke(&n.to_be_bytes()));
        }
    }
    world.clock.set(NOW + 60);
    refused(world.node().invoke(b"garbage"));
    assert!(world.node().unknown_refusals() >= 5000 + 29 * 400);
    let kept = world.backend.records().len() - records;
    assert!(kept as u64 <= nectar_runtime::REFUSED_KEPT, "{kept}");
}

#[test]
fn a_known_caller_cannot_fill_the_store_with_refusals() {
    let world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["query/go"]);
    let invocation = world.invocation(&token, "query/go", GO).sign(&caller).unwrap();
    world.node().invoke(&invocation).unwrap();
    let sequence = world.node().sequence();
    for _ in 0..500 {
        refused(world.node().invoke(&invocation));
    }
    let commits = world.node().sequence() - sequence;
    assert!(commits <= u64::from(nectar_runtime::REFUSALS_PER_MINUTE) + 1, "{commits}");
}
