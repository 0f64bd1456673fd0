use std::cell::RefCell;
use std::rc::Rc;

use consent::msg::{Actor, Effect, Rule};
use cosmwasm_std::from_json;
use nectar_sdk::limits::MAX_RESPONSE_BYTES;
use nectar_sdk::testing::{MockCaller, MockHost, Operations, contract, key, owner, patient, text};
use nectar_sdk::{LegalBasis, Purpose};
use proptest::prelude::*;

use super::*;
use crate::fields::OTHER;
use crate::{MAX_RESOURCE_BYTES, Resource};

const OBSERVATION: FieldMask = FieldMask(2);

/// This contract beside a real consent contract.
struct World {
    records: MockHost,
    consent: Rc<RefCell<MockHost>>,
}

fn world() -> World {
    let mut records = MockHost::new(MockCaller::of(owner()).build());
    let consent = Rc::new(RefCell::new(MockHost::new(MockCaller::of(owner()).build())));
    let answering = Rc::clone(&consent);
    records.connect(contract("consent"), move |caller, message| {
        let host = answering.borrow();
        host.call_as(caller.clone());
        let message = from_json(message).map_err(|e| e.to_string())?;
        consent::contract::query(host.deps(), host.env(), message).map_err(|e| e.to_string())
    });
    let (env, info) = (records.env(), records.info());
    let msg = from_json(format!(r#"{{"consent":"{}"}}"#, contract("consent"))).unwrap();
    instantiate(records.deps_mut(), env, info, msg).unwrap();
    World { records, consent }
}

fn fhir(resource_type: &str, id: &str) -> Resource {
    Resource::new(format!(r#"{{"resourceType":"{resource_type}","id":"{id}","value":0.10}}"#)).unwrap()
}

fn entry(resource_type: &str, id: &str) -> Entry {
    Entry { resource_type: resource_type.into(), id: id.into(), resource: fhir(resource_type, id) }
}

impl World {
    fn execute(&mut self, caller: MockCaller, msg: ExecuteMsg) -> Result<Response, ContractError> {
        self.records.call_as(caller.build());
        let (env, info) = (self.records.env(), self.records.info());
        execute(self.records.deps_mut(), env, info, msg)
    }

    fn put(
        &mut self,
        caller: MockCaller,
        name: &str,
        resource_type: &str,
        id: &str,
    ) -> Result<Response, ContractError> {
        let Entry { resource_type, id, resource } = entry(resource_type, id);
        self.execute(caller, ExecuteMsg::Put { patient: patient(name), resource_type, id, resource })
    }

    fn put_many(&mut self, entries: Vec<Entry>) -> Result<Response, ContractError> {
        self.execute(MockCaller::of(owner()), ExecuteMsg::PutMany { patient: patient("ada"), entries })
    }

    fn query(&self, caller: MockCaller, msg: QueryMsg) -> Result<Binary, ContractError> {
        self.records.call_as(caller.build());
        query(self.records.deps(), self.records.env(), msg)
    }

    fn get(
        &self,
        caller: MockCaller,
        name: &str,
        resource_type: &str,
        id: &str,
    ) -> Result<Binary, ContractError> {
        self.query(caller, get(name, resource_type, id))
    }

    fn summary(&self, caller: MockCaller) -> Result<SummaryResponse, ContractError> {
        Ok(from_json(self.query(caller, QueryMsg::Summary { patient: patient("ada") })?)?)
    }

    fn rule(&self, rule: Rule) {
        let mut host = self.consent.borrow_mut();
        host.call_as(MockCaller::individual("ada").build());
        let (env, info) = (host.env(), host.info());
        let msg = consent::msg::ExecuteMsg::Record { patient: patient("ada"), rule };
        consent::contract::execute(host.deps_mut(), env, info, msg).unwrap();
    }
}

fn get(name: &str, resource_type: &str, id: &str) -> QueryMsg {
    QueryMsg::Get { patient: patient(name), resource_type: resource_type.into(), id: id.into() }
}

fn list(resource_type: &str, after: Option<&str>, limit: Option<u32>) -> QueryMsg {
    QueryMsg::List {
        patient: patient("ada"),
        resource_type: resource_type.into(),
        after: after.map(Into::into),
        limit,
    }
}

fn deny(who: Actor, fields: FieldMask) -> Rule {
    Rule { effect: Effect::Deny, who, purposes: [].into(), fields, until: None }
}

fn clinician() -> MockCaller {
    MockCaller::named("clinician").patient(patient("ada")).fields(OBSERVATION)
}

fn filled() -> World {
    let mut world = world();
    let entries = ["o-1", "o-2", "o-3"].map(|id| entry("Observation", id));
    let others = [entry("Patient", "p"), entry("Basic", "b"), entry("Flag", "f")];
    world.put_many(entries.into_iter().chain(others).collect()).unwrap();
    world.put(MockCaller::of(owner()), "bob", "Observation", "o-9").unwrap();
    world
}

#[test]
fn a_resource_comes_back_byte_for_byte() {
    let mut world = world();
    let resource = r#"{ "id":"o-1" , "value":1.0e+02,"note":"\u00e9é",
        "resourceType":"Observation"}"#;
    let message = format!(
        r#"{{"put":{{"patient":"{}","resource_type":"Observation","id":"o-1","resource":{resource}}}}}"#,
        patient("ada")
    );
    let response = world.execute(MockCaller::of(owner()), from_json(message).unwrap()).unwrap();
    assert_eq!(response.attributes[0].value, "1");
    assert_eq!(text(&world.get(clinician(), "ada", "Observation", "o-1").unwrap()).unwrap(), resource);
}

#[test]
fn putting_again_replaces() {
    let mut world = filled();
    let resource = Resource::new(r#"{"resourceType":"Observation","status":"amended"}"#.into()).unwrap();
    let again = Entry { resource, ..entry("Observation", "o-1") };
    world.put_many(vec![entry("Observation", "o-1"), again.clone()]).unwrap();
    assert_eq!(
        text(&world.get(clinician(), "ada", "Observation", "o-1").unwrap()).unwrap(),
        again.resource.text()
    );
}

#[test]
fn unknown_types_are_stored_as_they_are() {
    let world = filled();
    let opens_other = || MockCaller::named("clinician").fields(OTHER);
    assert_eq!(
        text(&world.get(opens_other(), "ada", "Basic", "b").unwrap()).unwrap(),
        fhir("Basic", "b").text()
    );
    let refused = world.get(clinician(), "ada", "Basic", "b");
    assert!(matches!(refused, Err(ContractError::Access(AccessError::Fields { missing: OTHER }))));
}

#[test]
fn a_write_needs_the_patient_and_the_field() {
    let mut world = world();
    world.put(clinician(), "ada", "Observation", "o-1").unwrap();
    let other = world.put(clinician(), "bob", "Observation", "o-1");
    assert!(matches!(other, Err(ContractError::Access(AccessError::Patient))));
    let closed = world.put(clinician(), "ada", "Condition", "c-1");
    assert!(matches!(closed, Err(ContractError::Access(AccessError::Fields { missing: FieldMask(4) }))));
    let entries = vec![entry("Observation", "o-2"), entry("Condition", "c-1")];
    let mixed = world.execute(clinician(), ExecuteMsg::PutMany { patient: patient("ada"), entries });
    assert!(matches!(mixed, Err(ContractError::Access(AccessError::Fields { .. }))));
}

#[test]
fn a_read_needs_the_patient_and_the_field() {
    let world = filled();
    world.get(clinician(), "ada", "Observation", "o-1").unwrap();
    let other = world.get(clinician(), "bob", "Observation", "o-9");
    assert!(matches!(other, Err(ContractError::Access(AccessError::Patient))));
    let closed = world.get(clinician(), "ada", "Patient", "p");
    assert!(matches!(closed, Err(ContractError::Access(AccessError::Fields { missing: FieldMask(1) }))));
    let closed = world.query(clinician(), list("Patient", None, None));
    assert!(matches!(closed, Err(ContractError::Access(AccessError::Fields { .. }))));
    let none = world.summary(clinician().fields(FieldMask(1 << 40)));
    assert!(matches!(none, Err(ContractError::Access(AccessError::Fields { .. }))));
    let other = world.summary(clinician().patient(patient("bob")));
    assert!(matches!(other, Err(ContractError::Access(AccessError::Patient))));
    assert!(matches!(world.get(clinician(), "ada", "Observation", "o-9"), Err(ContractError::NotFound)));
}

#[test]
fn a_read_needs_the_patients_consent() {
    let world = filled();
    world.rule(deny(Actor::Holder(key("clinician")), OBSERVATION));
    let denied = |result: Result<Binary, ContractError>| {
        assert!(matches!(result, Err(ContractError::ConsentDenied { rule: Some(0) })));
    };
    denied(world.get(clinician(), "ada", "Observation", "o-1"));
    denied(world.query(clinician(), list("Observation", None, None)));
    denied(world.query(clinician(), QueryMsg::Summary { patient: patient("ada") }));
    let lab = MockCaller::named("lab").patient(patient("ada")).fields(OBSERVATION);
    world.get(lab, "ada", "Observation", "o-1").unwrap();
    world.get(clinician().purpose(Purpose::EmergencyTreatment), "ada", "Observation", "o-1").unwrap();
}

#[test]
fn the_owner_too_needs_consent_to_read() {
    let mut world = filled();
    world.rule(deny(Actor::Anyone, FieldMask::ALL));
    let denied = world.get(MockCaller::of(owner()), "ada", "Observation", "o-1");
    assert!(matches!(denied, Err(ContractError::ConsentDenied { .. })));
    world.put(MockCaller::of(owner()), "ada", "Observation", "o-4").unwrap();
}

#[test]
fn a_patient_reads_their_own_records_whatever_they_denied() {
    let world = filled();
    world.rule(deny(Actor::Anyone, FieldMask::ALL));
    world.get(MockCaller::individual("ada"), "ada", "Observation", "o-1").unwrap();
    for pretender in [
        MockCaller::individual("ada").purpose(Purpose::Treatment),
        MockCaller::individual("ada").basis(LegalBasis::TreatmentPaymentOperations),
        MockCaller::individual("ada").every_patient(),
    ] {
        let denied = world.get(pretender, "ada", "Observation", "o-1");
        assert!(matches!(denied, Err(ContractError::ConsentDenied { .. })));
    }
    let other = world.get(MockCaller::individual("bob"), "ada", "Observation", "o-1");
    assert!(matches!(other, Err(ContractError::Access(AccessError::Patient))));
}

#[test]
fn without_an_answer_about_consent_nothing_is_read() {
    let world = filled();
    world.records.connect(contract("consent"), |_, _| Err("out of order".into()));
    let refused = world.get(clinician(), "ada", "Observation", "o-1");
    assert!(matches!(refused, Err(ContractError::NoConsent)));
    world.records.connect(contract("consent"), |_, _| Ok(Binary::new(b"{}".to_vec())));
    let refused = world.get(clinician(), "ada", "Observation", "o-1");
    assert!(matches!(refused, Err(ContractError::NoConsent)));
}

#[test]
fn consent_cannot_open_what_the_grant_does_not() {
    let world = filled();
    world.records.connect(contract("consent"), |_, _| {
        Ok(Binary::new(br#"{"permitted":true,"fields":18446744073709551615,"rule":null}"#.to_vec()))
    });
    assert_eq!(world.summary(clinician()).unwrap().counts, [("Observation".to_owned(), 3)].into());
}

#[test]
fn a_list_comes_in_pages() {
    let world = filled();
    let page = |after, limit| -> ListResponse {
        from_json(world.query(clinician(), list("Observation", after, limit)).unwrap()).unwrap()
    };
    assert_eq!(page(None, None).ids, ["o-1", "o-2", "o-3"]);
    assert_eq!(page(None, None).next, None);
    let first = page(None, Some(2));
    assert_eq!((first.ids, first.next.as_deref()), (vec!["o-1".to_owned(), "o-2".to_owned()], Some("o-2")));
    assert_eq!(page(Some("o-2"), Some(2)).ids, ["o-3"]);
    assert_eq!(page(Some("o-3"), Some(2)), ListResponse { ids: vec![], next: None });
    assert_eq!(page(None, Some(0)), ListResponse { ids: vec![], next: None });
    assert_eq!(page(None, Some(u32::MAX)).ids.len(), 3);
    let bad = world.query(clinician(), list("Observation", Some("o/1"), None));
    assert!(matches!(bad, Err(ContractError::Id)));
}

#[test]
fn a_page_never_exceeds_its_limit() {
    let mut world = world();
    for batch in 0..3u32 {
        world
            .put_many((0..MAX_ENTRIES).map(|n| entry("Observation", &format!("{batch}-{n:03}"))).collect())
            .unwrap();
    }
    let msg = list("Observation", None, Some(u32::MAX));
    let (answer, operations) = world.records.counted(|host| {
        host.call_as(MockCaller::individual("ada").build());
        query(host.deps(), host.env(), msg).unwrap()
    });
    assert_eq!(from_json::<ListResponse>(&answer).unwrap().ids.len(), MAX_PAGE);
    assert_eq!(operations, Operations { scanned: MAX_PAGE, ..Operations::default() });
}

#[test]
fn a_summary_counts_what_is_open() {
    let world = filled();
    let counts = |caller| world.summary(caller).unwrap().counts;
    let owners = counts(MockCaller::of(owner()));
    let expected = [("Basic", 1), ("Flag", 1), ("Observation", 3), ("Patient", 1)];
    assert_eq!(owners, expected.map(|(name, count)| (name.to_owned(), count)).into());
    assert_eq!(counts(clinician()), [("Observation".to_owned(), 3)].into());
    world.rule(deny(Actor::Anyone, OTHER.union(OBSERVATION)));
    assert_eq!(counts(MockCaller::of(owner())), [("Patient".to_owned(), 1)].into());
    assert!(world.summary(MockCaller::of(owner())).unwrap().complete);
}

#[test]
fn a_summary_says_where_it_stopped_counting() {
    let mut world = world();
    for batch in 0..8u32 {
        world
            .put_many((0..MAX_ENTRIES).map(|n| entry("Observation", &format!("{batch}-{n}"))).collect())
            .unwrap();
    }
    let summary = world.summary(MockCaller::individual("ada")).unwrap();
    assert_eq!((summary.counts["Observation"], summary.complete), (1024, false));
}

#[test]
fn a_batch_is_bounded_in_number_and_bytes() {
    let mut world = world();
    let many = |n| (0..n).map(|n| entry("Observation", &n.to_string())).collect();
    assert!(matches!(world.put_many(many(0)), Err(ContractError::Entries { got: 0, .. })));
    assert!(matches!(world.put_many(many(MAX_ENTRIES + 1)), Err(ContractError::Entries { .. })));
    world.put_many(many(MAX_ENTRIES)).unwrap();

    let large = |bytes| {
        let resource = format!(r#"{{"resourceType":"Observation","text":"{}"}}"#, "x".repeat(bytes));
        Entry { resource: Resource::new(resource).unwrap(), ..entry("Observation", "o-1") }
    };
    let one = world.put_many(vec![large(MAX_RESOURCE_BYTES)]);
    assert!(matches!(one, Err(ContractError::TooLarge { max: MAX_RESOURCE_BYTES, .. })));
    let all = world.put_many(vec![large(MAX_RESOURCE_BYTES - 100); 2]);
    assert!(matches!(all, Err(ContractError::BatchTooLarge { .. })));
    world.put_many(vec![large(MAX_BATCH_BYTES / 2 - 100); 2]).unwrap();
}

#[test]
fn what_is_stored_fits_into_a_response() {
    const { assert!(MAX_RESOURCE_BYTES <= MAX_RESPONSE_BYTES) };
    const { assert!(MAX_PAGE * 70 <= MAX_RESPONSE_BYTES) };
}

#[test]
fn a_write_takes_one_operation_per_resource_and_a_read_two() {
    let mut world = filled();
    let patient = patient("ada");
    let entries: Vec<_> = (0..50).map(|n| entry("Observation", &n.to_string())).collect();
    let (_, operations) = world.records.counted(|host| {
        host.call_as(MockCaller::of(owner()).build());
        let (env, info) = (host.env(), host.info());
        execute(host.deps_mut(), env, info, ExecuteMsg::PutMany { patient, entries }).unwrap()
    });
    assert_eq!(operations, Operations { writes: 50, ..Operations::default() });
    let (_, operations) = world.records.counted(|host| {
        host.call_as(clinician().build());
        query(host.deps(), host.env(), get("ada", "Observation", "7")).unwrap()
    });
    assert_eq!(operations, Operations { reads: 2, ..Operations::default() });
}

#[test]
fn types_and_ids_cannot_reach_into_each_other() {
    let mut world = filled();
    for (resource_type, id) in [
        ("Observationo", "-1"),
        ("Observation", "../Patient/p"),
        ("Observation\0", "o-1"),
        ("Observation", ""),
        ("Observation", "o-1\0"),
        ("", "o-1"),
    ] {
        let read = world.get(MockCaller::of(owner()), "ada", resource_type, id);
        let absent =
            matches!(read, Err(ContractError::NotFound | ContractError::Id | ContractError::ResourceType));
        assert!(absent, "{resource_type:?} {id:?}");
    }
    let before = world.records.stored().len();
    world.put(MockCaller::of(owner()), "ada", "Observationo", "-1").unwrap();
    world.put(MockCaller::of(owner()), "ada", "Observatio", "no-1").unwrap();
    assert_eq!(world.records.stored().len(), before + 2);
    let page: ListResponse =
        from_json(world.query(clinician(), list("Observation", None, None)).unwrap()).unwrap();
    assert_eq!(page.ids, ["o-1", "o-2", "o-3"]);
}

#[test]
fn patients_cannot_reach_into_each_other() {
    let mut world = filled();
    world.put(MockCaller::of(owner()), "bob", "Observation", "o-1").unwrap();
    let before = text(&world.get(clinician(), "ada", "Observation", "o-1").unwrap()).unwrap().to_owned();
    let resource = Resource::new(r#"{"resourceType":"Observation","of":"bob"}"#.into()).unwrap();
    let entries = vec![Entry { resource, ..entry("Observation", "o-1") }];
    let bobs = MockCaller::named("clinician").patient(patient("bob"));
    world.execute(bobs, ExecuteMsg::PutMany { patient: patient("bob"), entries }).unwrap();
    assert_eq!(text(&world.get(clinician(), "ada", "Observation", "o-1").unwrap()).unwrap(), before);
}

proptest! {
    #[test]
    fn a_stored_resource_is_found_under_its_own_name_only(
        a in "[A-Z][a-z]{0,3}", b in "[a-zA-Z0-9.-]{1,4}", c in "[A-Z][a-z]{0,3}", d in "[a-zA-Z0-9.-]{1,4}",
    ) {
        let mut world = world();
        world.put(MockCaller::of(owner()), "ada", &a, &b).unwrap();
        let found = world.get(MockCaller::of(owner()), "ada", &c, &d).is_ok();
        prop_assert_eq!(found, (a, b) == (c, d));
    }

    #[test]
    fn garbage_messages_do_not_panic(text in ".{0,120}") {
        let _ = from_json::<ExecuteMsg>(&text);
        let _ = from_json::<QueryMsg>(&text);
    }
}
