//! The example contracts, as their users will use them.

use nectar_abi::{FieldMask, LegalBasis, Purpose};
use nectar_capability::{Directive, GrantBuilder, SigningKey, Token};
use nectar_runtime::{GrantStanding, Reply};

use crate::support::{Contract, World, answer, artifact, error, key, patient};

/// Both example contracts with the hospital's own grants.
pub(crate) struct Hospital {
    pub(crate) world: World,
    pub(crate) consent: Contract,
    pub(crate) records: Contract,
    pub(crate) own: Token,
}

impl Hospital {
    pub(crate) fn new() -> Self {
        Self::on(World::new())
    }

    pub(crate) fn on(world: World) -> Self {
        let consent = world.contract(&artifact("consent"), "{}");
        let message = format!(r#"{{"consent":"{}"}}"#, consent.id);
        let records = world.contract(&artifact("health_records"), &message);
        let methods = ["execute/put", "execute/put_many", "query/get", "query/list", "query/summary"];
        let own = world.token(&records, world.hospital.public(), &methods);
        Self { world, consent, records, own }
    }

    pub(crate) fn put(&self, name: &str, id: &str, value: u32) -> Reply {
        let message = format!(
            r#"{{"put":{{"patient":"{}","resource_type":"Observation","id":"{id}","resource":{}}}}}"#,
            patient(name),
            observation(id, value)
        );
        self.world.call(&self.own, &self.world.hospital, "execute/put", &message).unwrap()
    }

    /// A clinician's token for the Observations of one patient.
    pub(crate) fn clinician(&self, name: &str) -> Token {
        let grant = self.world.grant(&self.records, key("clinician").public(), &["query/get", "query/list"]);
        self.world.registered(grant.patient(patient(name)).fields(FieldMask::bit(1)))
    }

    pub(crate) fn get(&self, token: &Token, holder: &SigningKey, name: &str, id: &str) -> Reply {
        let message = format!(
            r#"{{"get":{{"patient":"{}","resource_type":"Observation","id":"{id}"}}}}"#,
            patient(name)
        );
        let mut invocation = self.world.invocation(token, "query/get", &message);
        invocation.touches = vec![self.consent.id];
        self.world.node().invoke(&invocation.sign(holder).unwrap()).unwrap()
    }
}

pub(crate) fn observation(id: &str, value: u32) -> String {
    format!(r#"{{"resourceType":"Observation","id":"{id}","status":"final","valueInteger":{value}}}"#)
}

#[test]
fn a_clinician_reads_what_the_hospital_wrote_byte_for_byte() {
    let hospital = Hospital::new();
    assert!(hospital.put("ada", "o1", 120).failure.is_none());
    let token = hospital.clinician("ada");
    let reply = hospital.get(&token, &key("clinician"), "ada", "o1");
    assert_eq!(answer(&reply), observation("o1", 120));
    assert!(reply.opening.opens(reply.receipt.receipt()));
    let rebuilt =
        nectar_trace::ReceiptOpening::new(reply.opening.salt, b"something else", &reply.response_bytes());
    assert_eq!(rebuilt.response_digest(), reply.receipt.receipt().response);
    assert!(!rebuilt.opens(reply.receipt.receipt()));
    // Both contracts were opened: the records, and the consent that they asked.
    assert_eq!(reply.receipt.receipt().touched.len(), 2);
}

#[test]
fn a_lab_reads_with_a_narrower_grant_of_the_clinician() {
    let hospital = Hospital::new();
    hospital.put("ada", "o1", 120);
    let parent = hospital.clinician("ada");
    let child = GrantBuilder::child(parent.leaf(), key("lab").public())
        .methods(["query/get".parse().unwrap()])
        .sign(&key("clinician"))
        .unwrap();
    let token = parent.delegate(child).unwrap();
    let world = &hospital.world;
    world.register(&key("clinician"), &token).unwrap();
    let reply = hospital.get(&token, &key("lab"), "ada", "o1");
    assert_eq!(answer(&reply), observation("o1", 120));
    // Ending the parent ends the child.
    world.revoke(&world.hospital, hospital.records.id, parent.leaf().hash()).unwrap();
    let message =
        format!(r#"{{"get":{{"patient":"{}","resource_type":"Observation","id":"o1"}}}}"#, patient("ada"));
    crate::support::refused(world.call(&token, &key("lab"), "query/get", &message));
}

#[test]
fn a_contracts_own_error_is_the_callers_and_has_a_receipt() {
    let hospital = Hospital::new();
    hospital.put("ada", "o1", 120);
    let before = hospital.world.node().receipts();
    let token = hospital.clinician("ada");
    let reply = hospital.get(&token, &key("clinician"), "bob", "o1");
    assert!(error(&reply).contains("another patient"), "{}", error(&reply));
    assert!(reply.failure.is_none());
    assert_eq!(hospital.world.node().receipts(), before + 2);
    assert!(hospital.world.audit().iter().any(|entry| entry.outcome == "error"));
}

#[test]
fn without_the_consent_contract_in_the_request_nothing_is_read() {
    let hospital = Hospital::new();
    hospital.put("ada", "o1", 120);
    let token = hospital.clinician("ada");
    let message =
        format!(r#"{{"get":{{"patient":"{}","resource_type":"Observation","id":"o1"}}}}"#, patient("ada"));
    let reply = hospital.world.call(&token, &key("clinician"), "query/get", &message).unwrap();
    assert!(error(&reply).contains("consent"), "{}", error(&reply));
}

#[test]
fn a_patient_denies_and_the_next_read_says_so() {
    let hospital = Hospital::new();
    hospital.put("ada", "o1", 120);
    let token = hospital.clinician("ada");
    assert!(hospital.get(&token, &key("clinician"), "ada", "o1").result.is_ok());
    let world = &hospital.world;
    let grant = world
        .grant(&hospital.consent, key("ada").public(), &["execute/record"])
        .patient(patient("ada"))
        .purposes([Purpose::PatientRequest])
        .basis(LegalBasis::IndividualAccess);
    let own = world.registered(grant);
    let message = format!(
        r#"{{"record":{{"patient":"{}","rule":{{"effect":"deny","who":"anyone"}}}}}}"#,
        patient("ada")
    );
    let mut invocation = world.invocation(&own, "execute/record", &message);
    invocation.purpose = Purpose::PatientRequest;
    let reply = world.node().invoke(&invocation.sign(&key("ada")).unwrap()).unwrap();
    assert!(answer(&reply).contains("rule"), "{}", answer(&reply));
    assert!(error(&hospital.get(&token, &key("clinician"), "ada", "o1")).contains("consent"));
}

#[test]
fn many_resources_are_stored_listed_and_counted() {
    let hospital = Hospital::new();
    let entries: Vec<_> = (0..40)
        .map(|n| {
            let id = format!("o{n:02}");
            format!(r#"{{"resource_type":"Observation","id":"{id}","resource":{}}}"#, observation(&id, n))
        })
        .collect();
    let message =
        format!(r#"{{"put_many":{{"patient":"{}","entries":[{}]}}}}"#, patient("ada"), entries.join(","));
    let world = &hospital.world;
    let reply = world.call(&hospital.own, &world.hospital, "execute/put_many", &message).unwrap();
    assert!(answer(&reply).contains(r#""value":"40""#), "{}", answer(&reply));
    let ask = |method: &str, message: String| {
        let mut invocation = world.invocation(&hospital.own, method, &message);
        invocation.touches = vec![hospital.consent.id];
        answer(&world.node().invoke(&invocation.sign(&world.hospital).unwrap()).unwrap())
    };
    let list =
        format!(r#"{{"list":{{"patient":"{}","resource_type":"Observation","limit":25}}}}"#, patient("ada"));
    let listed = ask("query/list", list);
    assert!(listed.starts_with(r#"{"ids":["o00","o01""#) && listed.contains(r#""next":"o24""#), "{listed}");
    let summary = ask("query/summary", format!(r#"{{"summary":{{"patient":"{}"}}}}"#, patient("ada")));
    assert_eq!(summary, r#"{"counts":{"Observation":40},"complete":true}"#);
}

#[test]
fn grants_are_listed_with_their_uses_to_owner_and_auditor_only() {
    let hospital = Hospital::new();
    hospital.put("ada", "o1", 120);
    let token = hospital.clinician("ada");
    hospital.get(&token, &key("clinician"), "ada", "o1");
    hospital.get(&token, &key("clinician"), "bob", "o1");
    let world = &hospital.world;
    world.revoke(&world.hospital, hospital.records.id, token.leaf().hash()).unwrap();
    let read = |signer: &SigningKey, contract| {
        world.node().grants(&world.directive(signer, &Directive::ReadAudit { contract }))
    };
    for signer in [&world.hospital, &key("auditor")] {
        let grants = read(signer, Some(hospital.records.id)).unwrap();
        assert_eq!(grants.len(), 2);
        assert_eq!(grants[0].use_count, 1);
        let used = &grants[1];
        assert_eq!((used.status, used.use_count), (GrantStanding::Revoked, 2));
        let outcomes: Vec<_> = used.uses.iter().map(|used| used.outcome.as_str()).collect();
        assert_eq!(outcomes, ["ok", "error"]);
        assert_eq!(used.uses[0].purpose, Purpose::Treatment);
        assert_eq!(Token::decode(&used.token).unwrap(), token);
        assert_eq!(read(signer, None).unwrap().len(), 2);
    }
    crate::support::refused(read(&key("clinician"), Some(hospital.records.id)));
    crate::support::refused(read(&key("clinician"), None));
}

#[test]
fn nothing_of_the_records_is_in_the_backend_in_the_clear() {
    let hospital = Hospital::new();
    hospital.put("ada", "marker-7319", 987_654_321);
    let needles = ["marker-7319".as_bytes(), b"987654321", b"Observation"];
    let owner = hospital.world.hospital.public();
    for (place, value) in hospital.world.backend.records() {
        for needle in needles.iter().copied().chain([owner.as_bytes().as_slice()]) {
            let finds = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!finds(&place) && !finds(&value));
        }
    }
}
