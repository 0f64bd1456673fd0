use cosmwasm_std::from_json;
use nectar_sdk::testing::{MockCaller, MockHost, NOW, Operations, key, owner, patient, text};
use nectar_sdk::{FieldMask, LegalBasis, Purpose};

use super::*;
use crate::msg::{Actor, Effect, Role, Rule};

fn host() -> MockHost {
    let mut host = MockHost::new(MockCaller::of(owner()).build());
    let (env, info) = (host.env(), host.info());
    instantiate(host.deps_mut(), env, info, InstantiateMsg {}).unwrap();
    host
}

fn run(host: &mut MockHost, caller: MockCaller, msg: &str) -> Result<Response, ContractError> {
    host.call_as(caller.build());
    let (env, info) = (host.env(), host.info());
    execute(host.deps_mut(), env, info, from_json(msg)?)
}

fn record(
    host: &mut MockHost,
    caller: MockCaller,
    name: &str,
    rule: Rule,
) -> Result<Response, ContractError> {
    host.call_as(caller.build());
    let (env, info) = (host.env(), host.info());
    execute(host.deps_mut(), env, info, ExecuteMsg::Record { patient: patient(name), rule })
}

fn deny(who: Actor) -> Rule {
    Rule { effect: Effect::Deny, who, purposes: [].into(), fields: FieldMask::ALL, until: None }
}

fn ask(
    host: &MockHost,
    caller: MockCaller,
    name: &str,
    about: &str,
) -> Result<PermitsResponse, ContractError> {
    host.call_as(caller.build());
    let msg = QueryMsg::Permits {
        patient: patient(name),
        holder: key(about),
        purpose: Purpose::Treatment,
        fields: FieldMask(2),
    };
    Ok(from_json(query(host.deps(), host.env(), msg)?)?)
}

#[test]
fn a_patient_denies_and_withdraws() {
    let mut host = host();
    let clinician = || MockCaller::named("clinician").patient(patient("ada"));
    assert!(ask(&host, clinician(), "ada", "clinician").unwrap().permitted);

    let done = record(&mut host, MockCaller::individual("ada"), "ada", deny(Actor::Holder(key("clinician"))))
        .unwrap();
    assert_eq!(done.attributes[0].value, "0");
    let answer = ask(&host, clinician(), "ada", "clinician").unwrap();
    assert_eq!(answer, PermitsResponse { permitted: false, fields: FieldMask::NONE, rule: Some(0) });

    let withdraw = format!(r#"{{"withdraw":{{"patient":"{}","rule":0}}}}"#, patient("ada"));
    run(&mut host, MockCaller::individual("ada"), &withdraw).unwrap();
    assert!(ask(&host, clinician(), "ada", "clinician").unwrap().permitted);
    let again = run(&mut host, MockCaller::individual("ada"), &withdraw);
    assert!(matches!(again, Err(ContractError::NoSuchRule { rule: 0 })));
}

#[test]
fn messages_read_as_documented() {
    let mut host = host();
    let (ada, lab) = (patient("ada"), key("lab"));
    let ada_asks = || MockCaller::individual("ada");
    let message = format!(
        r#"{{"record":{{"patient":"{ada}","rule":{{"effect":"permit","who":{{"holder":"{lab}"}},"purposes":["HRESCH"],"fields":2,"until":{}}}}}}}"#,
        NOW + 60
    );
    run(&mut host, ada_asks(), &message).unwrap();
    let message = format!(
        r#"{{"record":{{"patient":"{ada}","rule":{{"effect":"deny","who":{{"role":"insurer"}}}}}}}}"#
    );
    run(&mut host, ada_asks(), &message).unwrap();
    let message = format!(r#"{{"record":{{"patient":"{ada}","rule":{{"effect":"deny","who":"anyone"}}}}}}"#);
    run(&mut host, ada_asks(), &message).unwrap();

    host.call_as(ada_asks().build());
    let rules = from_json(format!(r#"{{"rules":{{"patient":"{ada}"}}}}"#)).unwrap();
    let answer = query(host.deps(), host.env(), rules).unwrap();
    let all = u64::MAX;
    let expected = format!(
        r#"{{"rules":[{{"number":0,"rule":{{"effect":"permit","who":{{"holder":"{lab}"}},"purposes":["HRESCH"],"fields":2,"until":{}}}}},{{"number":1,"rule":{{"effect":"deny","who":{{"role":"insurer"}},"purposes":[],"fields":{all},"until":null}}}},{{"number":2,"rule":{{"effect":"deny","who":"anyone","purposes":[],"fields":{all},"until":null}}}}]}}"#,
        NOW + 60
    );
    assert_eq!(text(&answer).unwrap(), expected);
}

#[test]
fn only_the_patient_and_the_owner_speak_for_the_patient() {
    let mut host = host();
    let rule = || deny(Actor::Anyone);
    let refused = |result: Result<Response, ContractError>, expected: AccessError| match result {
        Err(ContractError::Access(error)) => assert_eq!(error, expected),
        other => panic!("{other:?}"),
    };
    record(&mut host, MockCaller::of(owner()), "ada", rule()).unwrap();
    let ada = || MockCaller::individual("ada");
    refused(record(&mut host, ada(), "bob", rule()), AccessError::Patient);
    refused(record(&mut host, ada().purpose(Purpose::Treatment), "ada", rule()), AccessError::NotIndividual);
    refused(
        record(&mut host, ada().basis(LegalBasis::Authorization), "ada", rule()),
        AccessError::NotIndividual,
    );
    refused(record(&mut host, MockCaller::named("clinician"), "ada", rule()), AccessError::NotIndividual);
    refused(
        record(&mut host, MockCaller::of(owner()).patient(patient("bob")), "ada", rule()),
        AccessError::Patient,
    );
    let withdraw = format!(r#"{{"withdraw":{{"patient":"{}","rule":0}}}}"#, patient("ada"));
    refused(run(&mut host, MockCaller::named("clinician"), &withdraw), AccessError::NotIndividual);
    host.call_as(MockCaller::named("clinician").build());
    let rules = query(host.deps(), host.env(), QueryMsg::Rules { patient: patient("ada") });
    assert!(matches!(rules, Err(ContractError::Access(AccessError::NotIndividual))));
}

#[test]
fn only_the_owner_says_what_a_holder_is() {
    let mut host = host();
    let enrol = format!(r#"{{"enrol":{{"holder":"{}","role":"laboratory"}}}}"#, key("lab"));
    let dismiss = format!(r#"{{"dismiss":{{"holder":"{}"}}}}"#, key("lab"));
    for message in [&enrol, &dismiss] {
        let refused = run(&mut host, MockCaller::individual("ada"), message);
        assert!(matches!(refused, Err(ContractError::Access(AccessError::NotOwner))));
    }
    record(&mut host, MockCaller::individual("ada"), "ada", deny(Actor::Role(Role::Insurer))).unwrap();
    let lab = || MockCaller::named("lab").patient(patient("ada"));
    assert!(!ask(&host, lab(), "ada", "lab").unwrap().permitted);
    run(&mut host, MockCaller::of(owner()), &enrol).unwrap();
    assert!(ask(&host, lab(), "ada", "lab").unwrap().permitted);
    run(&mut host, MockCaller::of(owner()), &dismiss).unwrap();
    assert!(!ask(&host, lab(), "ada", "lab").unwrap().permitted);
}

#[test]
fn holders_ask_about_themselves_and_their_patient_only() {
    let host = host();
    let lab = || MockCaller::named("lab").patient(patient("ada"));
    assert!(ask(&host, lab(), "ada", "lab").is_ok());
    assert!(matches!(ask(&host, lab(), "ada", "insurer"), Err(ContractError::AboutAnother)));
    assert!(matches!(ask(&host, lab(), "bob", "lab"), Err(ContractError::Access(AccessError::Patient))));
    assert!(ask(&host, MockCaller::individual("ada"), "ada", "insurer").is_ok());
    assert!(ask(&host, MockCaller::of(owner()), "ada", "insurer").is_ok());
}

#[test]
fn one_patients_rules_do_not_touch_another() {
    let mut host = host();
    record(&mut host, MockCaller::individual("ada"), "ada", deny(Actor::Anyone)).unwrap();
    assert!(ask(&host, MockCaller::named("lab"), "bob", "lab").unwrap().permitted);
}

#[test]
fn a_question_about_no_field_is_refused() {
    let host = host();
    let msg = QueryMsg::Permits {
        patient: patient("ada"),
        holder: owner(),
        purpose: Purpose::Treatment,
        fields: FieldMask::NONE,
    };
    assert!(matches!(query(host.deps(), host.env(), msg), Err(ContractError::NoFields)));
}

#[test]
fn a_decision_takes_one_read_or_two() {
    let mut host = host();
    let lab = || MockCaller::named("lab").patient(patient("ada"));
    let reads = |reads| Operations { reads, ..Operations::default() };
    let (_, operations) = host.counted(|host| ask(host, lab(), "ada", "lab").unwrap());
    assert_eq!(operations, reads(1));
    let (_, operations) = host.counted(|host| {
        record(host, MockCaller::individual("ada"), "ada", deny(Actor::Role(Role::Insurer))).unwrap()
    });
    assert_eq!(operations, Operations { reads: 1, writes: 1, ..Operations::default() });
    let (_, operations) = host.counted(|host| ask(host, lab(), "ada", "lab").unwrap());
    assert_eq!(operations, reads(2));
}

#[test]
fn unknown_members_and_methods_are_refused() {
    let ada = patient("ada");
    for message in [
        format!(r#"{{"withdraw":{{"patient":"{ada}","rule":0,"all":true}}}}"#),
        format!(r#"{{"erase":{{"patient":"{ada}"}}}}"#),
        format!(r#"{{"record":{{"patient":"{ada}","rule":{{"effect":"deny","who":"nobody"}}}}}}"#),
        format!(
            r#"{{"record":{{"patient":"{ada}","rule":{{"effect":"deny","who":"anyone","purpose":["TREAT"]}}}}}}"#
        ),
        format!(r#"{{"withdraw":{{"patient":"{}","rule":0}}}}"#, ada.to_string().to_uppercase()),
    ] {
        assert!(from_json::<ExecuteMsg>(&message).is_err(), "{message}");
    }
}
