use cosmwasm_std::{from_json, to_json_string};
use nectar_sdk::AccessError;
use nectar_sdk::testing::{MockCaller, MockHost, Operations, owner};

use super::*;

fn host(start: u64) -> MockHost {
    let mut host = MockHost::new(MockCaller::named("clinician").build());
    let (env, info) = (host.env(), host.info());
    instantiate(host.deps_mut(), env, info, InstantiateMsg { start }).unwrap();
    host
}

fn run(host: &mut MockHost, msg: &str) -> Result<Response, ContractError> {
    let (env, info) = (host.env(), host.info());
    execute(host.deps_mut(), env, info, from_json(msg)?)
}

fn count(host: &MockHost) -> u64 {
    let answer = query(host.deps(), host.env(), from_json(r#"{"count":{}}"#).unwrap()).unwrap();
    from_json::<CountResponse>(answer).unwrap().count
}

#[test]
fn increments_add_up_from_the_start() {
    let mut host = host(5);
    assert_eq!(count(&host), 5);
    for by in [1, 0, 7] {
        run(&mut host, &format!(r#"{{"increment":{{"by":{by}}}}}"#)).unwrap();
    }
    assert_eq!(count(&host), 13);
}

#[test]
fn an_increment_reads_once_writes_once_and_says_nothing_of_the_count() {
    let mut host = host(5);
    let (response, operations) = host.counted(|host| run(host, r#"{"increment":{"by":7}}"#).unwrap());
    assert_eq!(operations, Operations { reads: 1, writes: 1, removes: 0, scanned: 0 });
    assert_eq!(
        to_json_string(&response).unwrap(),
        r#"{"messages":[],"attributes":[],"events":[],"data":null}"#
    );
}

#[test]
fn the_owner_alone_resets() {
    let mut host = host(5);
    let refused = run(&mut host, r#"{"reset":{}}"#);
    assert!(matches!(refused, Err(ContractError::Access(AccessError::NotOwner))));
    assert_eq!(count(&host), 5);
    host.call_as(MockCaller::of(owner()).build());
    run(&mut host, r#"{"reset":{}}"#).unwrap();
    assert_eq!(count(&host), 0);
}

#[test]
fn the_count_never_wraps() {
    let mut host = host(u64::MAX - 1);
    let refused = run(&mut host, r#"{"increment":{"by":2}}"#).unwrap_err();
    assert_eq!(refused.to_string(), "the count would pass 18446744073709551615: its owner may reset it");
    assert_eq!(count(&host), u64::MAX - 1);
    run(&mut host, r#"{"increment":{"by":1}}"#).unwrap();
    assert_eq!(count(&host), u64::MAX);
}

#[test]
fn messages_have_one_meaning() {
    let wrong = [
        r#"{"increment":{"by":-1}}"#,
        r#"{"increment":{"by":4294967296}}"#,
        r#"{"increment":{"by":1,"twice":true}}"#,
        r#"{"reset":{"to":1}}"#,
        r#"{"decrement":{"by":1}}"#,
    ];
    let mut host = host(5);
    for message in wrong {
        assert!(matches!(run(&mut host, message), Err(ContractError::Std(_))), "{message}");
    }
    assert_eq!(count(&host), 5);
}
