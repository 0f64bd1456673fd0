//! The node's log over time: restarts, settlement, clocks, break-glass access.

use nectar_abi::{LegalBasis, Purpose};
use nectar_commitment::{Registers, to_bytes};
use nectar_runtime::{AuditEvent, CallError, Invalid, verify_receipt};

use crate::records::{Hospital, observation};
use crate::support::{NOW, World, answer, key, patient, refused};
use crate::wat::{KEY, Module, RESPONSE, VALUE};

const GO: &str = r#"{"go":{}}"#;

#[test]
fn everything_is_still_there_after_a_restart() {
    let mut hospital = Hospital::new();
    hospital.put("ada", "o1", 120);
    let token = hospital.clinician("ada");
    let (root, receipts) = (hospital.world.node().network_root(), hospital.world.node().receipts());
    hospital.world.open();
    assert_eq!((hospital.world.node().network_root(), hospital.world.node().receipts()), (root, receipts));
    let reply = hospital.get(&token, &key("clinician"), "ada", "o1");
    assert_eq!(answer(&reply), observation("o1", 120));
    assert_eq!(reply.receipt.receipt().position, receipts);
}

#[test]
fn a_request_is_not_repeated_after_a_restart_or_when_the_clock_goes_back() {
    let mut world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["query/go"]);
    let invocation = world.invocation(&token, "query/go", GO).sign(&caller).unwrap();
    world.node().invoke(&invocation).unwrap();
    world.open();
    refused(world.node().invoke(&invocation));
    // Long after its window its nonce is forgotten; setting the clock back does not open the window again.
    for later in [400, 800] {
        world.clock.set(NOW + later);
        world.call(&token, &caller, "query/go", GO).unwrap();
    }
    world.clock.set(NOW);
    refused(world.node().invoke(&invocation));
    world.open();
    refused(world.node().invoke(&invocation));
    world.clock.set(NOW + 800);
    assert_eq!(world.refusals(), ["replayed", "expired", "expired"]);
}

#[test]
fn nonces_are_forgotten_when_their_windows_end() {
    let world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["query/go"]);
    for _ in 0..20 {
        world.call(&token, &caller, "query/go", GO).unwrap();
    }
    let before = world.backend.records().len();
    world.clock.set(NOW + 301);
    world.call(&token, &caller, "query/go", GO).unwrap();
    assert!(world.backend.records().len() < before, "20 nonces less, one receipt more");
}

#[test]
fn batches_follow_each_other_and_receipts_find_theirs() {
    let mut world = World::new();
    let module = Module::execute(&format!("(call $db_write {KEY} {VALUE}) {RESPONSE}"));
    let contract = world.contract(&module, "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["execute/go"]);
    for _ in 0..5 {
        world.call(&token, &caller, "execute/go", GO).unwrap();
    }
    let node = world.node();
    let all = node.pending(usize::MAX, usize::MAX).unwrap().unwrap();
    assert_eq!((all.traces().len(), node.next_batch()), (7, (1, 7)));

    // Three receipts, then as many as fit into the slots of the next two, then one although it has too many.
    let first = node.pending(3, usize::MAX).unwrap().unwrap();
    assert_eq!(first.traces().len(), 3);
    assert_eq!(node.settled(2, 2, b"").map_err(invalid), Err(Invalid::WrongBatch { expected: 1, got: 2 }));
    let wrong = Invalid::WrongPosition { first: 0, last: 6, got: 7 };
    assert_eq!(node.settled(1, 7, b"").map_err(invalid), Err(wrong));
    assert_eq!(
        node.settled(1, 2, &[0; 2000]).map_err(invalid),
        Err(Invalid::ReferenceTooLong { got: 2000, limit: 1024 })
    );
    let record = node.settled(1, 2, b"0xabc").unwrap();
    assert_eq!((record.first, record.last, record.post_root), (0, 2, to_bytes(&first.post_root)));
    assert_eq!(node.settled_root(), first.post_root);
    world.prove();

    let slots = |n: usize| all.traces()[n].slots.len() + 1;
    let second = node.pending(9, slots(3) + slots(4)).unwrap().unwrap();
    assert_eq!((second.number, second.traces().len(), second.pre_root), (2, 2, first.post_root));
    node.settled(2, 4, b"0xdef").unwrap();
    let third = node.pending(9, 1).unwrap().unwrap();
    assert_eq!(third.traces().len(), 1);
    let start = Registers::start(third.pre_root, third.pre_root);
    let end = third.slots().try_fold(start, |registers, slot| registers.apply(slot)).unwrap();
    assert_eq!(end, Registers::end(third.post_root, third.receipts_root(), 1, third.pre_root));
    node.settled(3, 5, b"").unwrap();
    node.settled(4, 6, b"").unwrap();
    assert!(node.pending(9, usize::MAX).unwrap().is_none());
    assert_eq!(node.settled(5, 7, b"").map_err(invalid), Err(Invalid::NothingPending));

    world.open();
    let node = world.node();
    let roots = [(&first, 0..3), (&second, 3..5), (&third, 5..6)];
    for (batch, positions) in roots {
        for position in positions {
            let view = node.receipt(position).unwrap().unwrap();
            let (record, inclusion) = view.settled.unwrap();
            assert_eq!((record.number, record.first), (batch.number, batch.traces()[0].receipt.position));
            assert_eq!(inclusion.root(view.receipt.receipt()), batch.receipts_root());
        }
    }
    assert!(node.receipt(7).unwrap().is_none());
    assert_eq!(node.batch(2).unwrap().unwrap().reference, b"0xdef");
    assert!(node.batch(9).unwrap().is_none());
}

fn invalid(error: CallError) -> Invalid {
    match error {
        CallError::Invalid(invalid) => invalid,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_receipt_is_verified_anywhere_and_no_other_bytes_are() {
    let world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["query/go"]);
    let reply = world.call(&token, &caller, "query/go", GO).unwrap();
    let bytes = reply.receipt.bytes();
    assert_eq!(verify_receipt(bytes).unwrap(), *reply.receipt.receipt());
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        assert!(verify_receipt(&changed).is_err(), "byte {at}");
    }
    let other =
        nectar_capability::cose::sign(&key("other"), "nectar/receipt/v1", &reply.receipt.receipt().encode());
    assert_eq!(verify_receipt(&other), Err(nectar_runtime::ReceiptError::Signer));
    let other =
        nectar_capability::cose::sign(&key("dsp"), "nectar/another use", &reply.receipt.receipt().encode());
    assert!(verify_receipt(&other).is_err());
}

#[test]
fn break_glass_access_waits_for_review() {
    let hospital = Hospital::new();
    hospital.put("ada", "o1", 120);
    let world = &hospital.world;
    let grant = world
        .grant(&hospital.records, key("clinician").public(), &["query/get"])
        .patient(patient("ada"))
        .purposes([Purpose::EmergencyTreatment])
        .basis(LegalBasis::TreatmentPaymentOperations)
        .window(NOW - 10, NOW + 3000)
        .reason("unconscious in the emergency room");
    let token = world.registered(grant);
    let message =
        format!(r#"{{"get":{{"patient":"{}","resource_type":"Observation","id":"o1"}}}}"#, patient("ada"));
    let mut invocation = world.invocation(&token, "query/get", &message);
    (invocation.purpose, invocation.touches) = (Purpose::EmergencyTreatment, vec![hospital.consent.id]);
    let reply = world.node().invoke(&invocation.sign(&key("clinician")).unwrap()).unwrap();
    assert_eq!(answer(&reply), observation("o1", 120));
    let waiting: Vec<_> = world.audit().into_iter().filter(|entry| entry.emergency).collect();
    assert_eq!(waiting.len(), 1);
    assert!(!waiting[0].reviewed && waiting[0].event == AuditEvent::Query);
    assert_eq!(waiting[0].digest, Some(reply.receipt.receipt().digest()));
}

#[test]
fn every_request_leaves_one_line_in_the_audit_log() {
    let world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["query/go", "execute/go"]);
    world.call(&token, &caller, "query/go", GO).unwrap();
    world.call(&token, &caller, "execute/go", GO).unwrap();
    refused(world.call(&token, &key("thief"), "query/go", GO));
    world.revoke(&world.hospital, contract.id, token.leaf().hash()).unwrap();
    let events: Vec<_> = world.audit().into_iter().map(|entry| entry.event).collect();
    use AuditEvent::{Execute, Instantiate, Query, ReadAudit, Refused, Register, Revoke, Upload};
    assert_eq!(events, [Upload, Instantiate, Register, Query, Execute, Revoke, ReadAudit, Refused]);
    let sequence: Vec<_> = world.audit().into_iter().filter(|e| e.known).map(|e| e.sequence).collect();
    assert_eq!(sequence, (0..8).collect::<Vec<_>>());
}

#[test]
fn another_nodes_key_does_not_open_the_log() {
    let mut world = World::new();
    world.contract(&Module::default().build(), "{}");
    world.prove();
    world.executor = None;
    let keys = nectar_state::StoreKeys::from_bytes(&world.keys).unwrap();
    let backend: std::sync::Arc<dyn nectar_state::Backend> = std::sync::Arc::new(world.backend.clone());
    let store = nectar_state::Store::open(backend, keys, world.config.network).unwrap();
    let opened = nectar_runtime::Executor::open(world.config.clone(), store.clone(), key("another dsp"));
    assert!(matches!(opened, Err(nectar_runtime::HostError::WrongIdentity)));
    let config = nectar_runtime::Config::new(nectar_abi::NetworkId(2));
    let opened = nectar_runtime::Executor::open(config, store, key("dsp"));
    assert!(matches!(opened, Err(nectar_runtime::HostError::WrongNetwork { expected: 2, stored: 1 })));
}
