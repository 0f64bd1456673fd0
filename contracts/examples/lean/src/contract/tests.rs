use cosmwasm_std::{ContractResult, Storage, from_json, to_json_vec};
use nectar_sdk::testing::{MockCaller, MockHost, Operations, owner};
use proptest::prelude::*;

use super::*;

struct InMemory<'a>(&'a mut dyn Storage);

impl Store for InMemory<'_> {
    fn read(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key)
    }

    fn write(&mut self, key: &[u8], value: &[u8]) {
        self.0.set(key, value);
    }
}

fn caller(name: &str) -> MockCaller {
    if name == "owner" { MockCaller::of(owner()) } else { MockCaller::named(name) }
}

fn host(start: u64) -> MockHost {
    let mut host = MockHost::new(caller("owner").build());
    let (env, info) = (host.env(), host.info());
    instantiate(host.deps_mut(), env, info, InstantiateMsg { start }).unwrap();
    host.call_as(caller("clinician").build());
    host
}

fn run(host: &mut MockHost, message: &[u8]) -> Result<(), ContractError> {
    let info = to_json_vec(&host.info()).unwrap();
    execute(&mut InMemory(host.deps_mut().storage), &info, message)
}

fn count(host: &MockHost) -> u64 {
    let answer = query(host.deps(), host.env(), QueryMsg::Count {}).unwrap();
    from_json::<CountResponse>(answer).unwrap().count
}

#[test]
fn an_increment_reads_once_and_writes_once() {
    let mut host = host(5);
    let (done, operations) = host.counted(|host| run(host, br#"{"increment":{"by":7}}"#));
    assert_eq!((done, count(&host)), (Ok(()), 12));
    assert_eq!(operations, Operations { reads: 1, writes: 1, removes: 0, scanned: 0 });
}

#[test]
fn the_owner_alone_resets() {
    let mut host = host(5);
    let refused = Err(ContractError::Access(AccessError::NotOwner));
    assert_eq!(run(&mut host, br#"{"reset":{}}"#), refused);
    host.call_as(caller("owner").build());
    assert_eq!(run(&mut host, br#"{"reset":{}}"#), Ok(()));
    assert_eq!(count(&host), 0);
}

#[test]
fn no_beginning_of_a_sender_is_the_owner_and_nobody_is_without_one() {
    let mut host = host(5);
    let owner = owner().to_string();
    let mut reset =
        |info: String| execute(&mut InMemory(host.deps_mut().storage), info.as_bytes(), br#"{"reset":{}}"#);
    for sender in [String::new(), owner[..63].to_owned(), format!("{owner}0"), format!(" {owner}")] {
        assert!(reset(format!(r#"{{"sender":"{sender}","funds":[]}}"#)).is_err(), "{sender}");
    }
    assert!(reset(format!(r#"{{"funds":[],"sender":"{owner}"}}"#)).is_err());
    assert!(reset(String::new()).is_err());
    assert_eq!(reset(format!(r#"{{"sender":"{owner}","funds":[]}}"#)), Ok(()));
}

#[test]
fn what_this_contract_did_not_write_is_no_count() {
    let mut host = host(5);
    host.deps_mut().storage.set(COUNT_KEY, &[0; 7]);
    assert_eq!(run(&mut host, br#"{"increment":{"by":1}}"#), Err(ContractError::State));
    host.deps_mut().storage.remove(COUNT_KEY);
    assert_eq!(run(&mut host, br#"{"increment":{"by":1}}"#), Err(ContractError::State));
    assert!(query(host.deps(), host.env(), QueryMsg::Count {}).is_err());
}

#[test]
fn answers_are_what_cosmwasm_would_write() {
    let errors =
        [AccessError::NotOwner.into(), ContractError::Message, ContractError::Overflow, ContractError::State];
    let results = errors.map(Err).into_iter().chain([Ok(())]);
    for result in results {
        let expected: ContractResult<Response> = result.map(|()| Response::new()).into();
        assert_eq!(answer(result), to_json_vec(&expected).unwrap());
    }
}

#[test]
fn other_spellings_are_refused() {
    let wrong = [
        "",
        "{}",
        r#"{"increment":{"by":}}"#,
        r#"{"increment":{"by":1}}}"#,
        r#"{"increment":{"by":1}"#,
        r#"{"increment":{"by":01}}"#,
        r#"{"increment":{"by":00}}"#,
        r#"{"increment":{"by":-1}}"#,
        r#"{"increment":{"by":1.0}}"#,
        r#"{"increment":{"by":1e1}}"#,
        r#"{"increment":{"by":4294967296}}"#,
        r#"{"increment":{"by":99999999999999999999999}}"#,
        r#"{"increment":{"by":"1"}}"#,
        r#"{"increment":{"by":/}}"#,
        r#"{"increment":{"by"::}}"#,
        r#"{"increment": {"by":1}}"#,
        r#"{"reset":{}} "#,
        r#"{"reset":{"to":1}}"#,
    ];
    for message in wrong {
        assert_eq!(ExecuteMsg::read(message.as_bytes()), None, "{message}");
    }
}

fn message() -> impl Strategy<Value = ExecuteMsg> {
    prop_oneof![
        any::<u32>().prop_map(|by| ExecuteMsg::Increment { by }),
        (0..20u32).prop_map(|by| ExecuteMsg::Increment { by }),
        Just(ExecuteMsg::Reset {}),
    ]
}

proptest! {
    #[test]
    fn a_message_is_read_as_it_is_serialized(message in message()) {
        prop_assert_eq!(ExecuteMsg::read(&to_json_vec(&message).unwrap()), Some(message));
    }

    #[test]
    fn what_is_read_is_serialized_in_the_same_way(bytes in r#"\{"(increment|reset)":\{("by":[0-9]{0,12})?\}\}"#) {
        if let Some(message) = ExecuteMsg::read(bytes.as_bytes()) {
            prop_assert_eq!(to_json_vec(&message).unwrap(), bytes.into_bytes());
        }
    }

    #[test]
    fn it_does_what_counter_does(
        start in prop_oneof![0..100u64, u64::MAX - 6_000_000_000..=u64::MAX],
        calls in prop::collection::vec((message(), prop_oneof![Just("owner"), Just("clinician")]), 0..12),
    ) {
        let (mut ours, mut theirs) = (host(start), host(start));
        let (env, info) = (theirs.env(), theirs.info());
        counter::contract::instantiate(theirs.deps_mut(), env, info, counter::msg::InstantiateMsg { start }).unwrap();
        for (message, name) in calls {
            ours.call_as(caller(name).build());
            theirs.call_as(caller(name).build());
            let message = to_json_vec(&message).unwrap();
            let answered = answer(run(&mut ours, &message));
            let (env, info) = (theirs.env(), theirs.info());
            let expected: ContractResult<Response> =
                counter::contract::execute(theirs.deps_mut(), env, info, from_json(&message).unwrap()).into();
            prop_assert_eq!(answered, to_json_vec(&expected).unwrap());
            let theirs = counter::contract::query(theirs.deps(), theirs.env(), counter::msg::QueryMsg::Count {});
            prop_assert_eq!(query(ours.deps(), ours.env(), QueryMsg::Count {}).unwrap(), theirs.unwrap());
        }
    }
}
