//! What hosts answer on their own: in the log, in traces, and in what a client opens.

use nectar_abi::{CallerGrant, PublicKey, compact};
use nectar_commitment::{EntryPoint, Fr, HostAnswer, from_u64, told_after};
use nectar_runtime::{Call, ContractFailure, OpeningError, Reply, RunError, ToldByHost, check_run};
use nectar_state::contract_key;
use nectar_trace::{AnsweredBy, InvocationTrace, RunOpening, RunTrace, Told};

use crate::support::{Contract, World, key};
use crate::wat::{ANSWER, Module, escaped};

/// What a client is told otherwise.
type Change = Box<dyn Fn(&mut Vec<Told>)>;

const GO: &str = r#"{"go":{}}"#;

/// An ordinary module whose `query` asks all of this, in order, and looks at no answer.
fn asks(requests: &[&[u8]]) -> Vec<u8> {
    let mut module = Module { query: String::new(), ..Module::default() };
    for (request, at) in requests.iter().zip((5000..).step_by(300)) {
        module.head += &format!(r#"(data (i32.const {at}) "{}")"#, escaped(request));
        module.query += &format!(
            "(i32.store (i32.const 80) (i32.const {at})) (i32.store offset=4 (i32.const 80) (i32.const {0}))
             (i32.store offset=8 (i32.const 80) (i32.const {0})) (drop (call $query_chain (i32.const 80)))",
            request.len()
        );
    }
    module.query += ANSWER;
    module.build()
}

fn in_json(contract: &Contract) -> Vec<u8> {
    format!(r#"{{"wasm":{{"smart":{{"contract_addr":"{}","msg":"e30="}}}}}}"#, contract.id).into_bytes()
}

/// Calls `query/go` and gives the trace.
fn call(world: &World, contract: &Contract, touches: &[&Contract]) -> (Reply, InvocationTrace) {
    let caller = key("caller");
    let token = world.token(contract, caller.public(), &["query/go"]);
    let mut invocation = world.invocation(&token, "query/go", GO);
    invocation.touches = touches.iter().map(|contract| contract.id).collect();
    invocation.touches.sort_unstable();
    let reply = world.node().invoke(&invocation.sign(&caller).unwrap()).unwrap();
    let batch = world.node().pending(usize::MAX, usize::MAX).unwrap().unwrap();
    (reply, batch.traces().last().unwrap().clone())
}

fn check(
    contract: &Contract,
    reply: &Reply,
    opening: &RunOpening,
    sender: PublicKey,
) -> Result<ToldByHost, RunError> {
    let response = reply.response_bytes();
    let (entry, message) = (EntryPoint::Query, GO.as_bytes());
    let call = Call { contract: &contract.id, entry, sender: &sender, message, response: &response };
    check_run(reply.receipt.receipt(), opening, &call)
}

/// What a run's outcome says after these answers, told as the trace has them: `None` for those of runs.
fn told_in(run: &RunTrace, before: Fr, asked: &[(&[u8], Fr)]) -> Fr {
    assert_eq!(run.answers.len(), asked.len());
    run.answers.iter().zip(asked).fold(before, |told, (answer, (request, contract))| match answer.by {
        AnsweredBy::Run => told,
        AnsweredBy::RunInJson(salt) | AnsweredBy::Host(salt) => {
            let answer = HostAnswer { request, answer: &answer.bytes, contract: *contract, salt };
            let of_caller = *request == compact::CALLER && *contract == Fr::default();
            told_after(told, answer.digest(), of_caller)
        }
    })
}

fn opened(opening: &RunOpening) -> Fr {
    told_by(&opening.told)
}

fn told_by(told: &[Told]) -> Fr {
    told.iter().fold(Fr::default(), |told, next| next.after(told))
}

#[test]
fn every_answer_of_the_hosts_is_in_the_log_and_those_of_runs_are_not() {
    let world = World::new();
    let zero = Fr::default();
    let other = world.contract(&Module::default().build(), "{}");
    let unnamed = world.contract(&Module::default().build(), "{}");
    let (known, unknown) =
        (compact::smart(&other.id, b"{}"), compact::smart(&unnamed.id, b"{\"a message\":{}}"));
    let (json, no_such) = (in_json(&other), in_json(&unnamed));
    let caller = br#"{"custom":{"caller":{}}}"#;
    let requests: [&[u8]; 7] = [compact::CALLER, &known, &json, &unknown, &no_such, caller, b"nonsense"];
    let asker = world.contract(&asks(&requests), "{}");
    let (reply, trace) = call(&world, &asker, &[&other]);
    let [outer, first, second] = trace.runs.as_slice() else { panic!("three runs") };
    let by = |at: usize| outer.answers[at].by;
    assert_eq!(by(1), AnsweredBy::Run);
    assert!(matches!(by(2), AnsweredBy::RunInJson(_)));
    for host in [0, 3, 4, 5, 6] {
        assert!(matches!(by(host), AnsweredBy::Host(_)));
        assert_eq!(outer.answers[host].gas, 0);
    }
    assert_eq!(outer.answers[1].bytes, br#"{"ok":"e30="}"#);
    assert_eq!((outer.answers[1].gas, outer.answers[2].gas), (first.gas, second.gas));
    assert_eq!(outer.answers[3].bytes, compact::UNKNOWN);
    // Of a compact query the contract stands beside the message.
    let mut asked = requests.map(|request| (request, zero));
    asked[3] = (b"{\"a message\":{}}", contract_key(&unnamed.id).to_field());
    assert_eq!(outer.told, told_in(outer, zero, &asked));
    assert_eq!(opened(&reply.run), outer.told);
    // Those that were asked after the first answer know of it alone: a run in JSON is told of when it has ended.
    let AnsweredBy::Host(salt) = by(0) else { panic!("the host") };
    let answer = &outer.answers[0].bytes;
    let one = HostAnswer { request: compact::CALLER, answer, contract: zero, salt }.digest();
    assert_eq!((first.told, second.told), (told_after(zero, one, true), told_after(zero, one, true)));
    let told = check(&asker, &reply, &reply.run, key("caller").public()).unwrap();
    assert_eq!(told.others, 5);
    assert_eq!(told.caller.map(|caller| caller.to_compact()).as_ref(), Some(answer));
}

#[test]
fn runs_below_tell_of_what_they_were_told() {
    let world = World::new();
    let inner = world.contract(&asks(&[compact::CALLER, b"nonsense"]), "{}");
    let request = compact::smart(&inner.id, b"{}");
    let outer = world.contract(&asks(&[compact::CALLER, &request, compact::CALLER]), "{}");
    let (reply, trace) = call(&world, &outer, &[&inner]);
    let [asking, asked] = trace.runs.as_slice() else { panic!("two runs") };
    let kinds: Vec<bool> = reply.run.told.iter().map(|told| matches!(told, Told::Caller { .. })).collect();
    assert_eq!(kinds, [true, true, false, true], "in the order of the answers, across frames");
    let after = |count: usize| told_by(&reply.run.told[..count]);
    assert_eq!((asked.told, asking.told), (after(3), after(4)));
    let told = check(&outer, &reply, &reply.run, key("caller").public()).unwrap();
    assert_eq!((told.others, told.caller.map(|caller| caller.holder)), (1, Some(key("caller").public())));
}

#[test]
fn an_opening_with_any_answer_altered_opens_nothing() {
    let world = World::new();
    let inner = world.contract(&asks(&[compact::CALLER]), "{}");
    let request = compact::smart(&inner.id, b"{}");
    let outer = world.contract(&asks(&[compact::CALLER, &request, b"nonsense"]), "{}");
    let (reply, _) = call(&world, &outer, &[&inner]);
    let sender = key("caller").public();
    let (log, caller) = (Err(RunError::Opening(OpeningError::Log)), Err(RunError::Caller));
    assert!(check(&outer, &reply, &reply.run, sender).is_ok());
    assert_eq!(check(&outer, &reply, &reply.run, key("another").public()), caller, "not the sender's");
    for place in 0..reply.run.told.len() {
        let mut changes: Vec<Change> = vec![
            Box::new(move |told| drop(told.remove(place))),
            Box::new(move |told| told.insert(place, told[place].clone())),
            Box::new(move |told| told[place] = Told::Other(from_u64(1))),
            Box::new(move |told| told.swap(place, (place + 1) % 3)),
        ];
        if let Told::Caller { answer, salt } = reply.run.told[place].clone() {
            let other = move |holder| CallerGrant { holder, ..CallerGrant::from_compact(&answer).unwrap() };
            let forged = other(key("another").public()).to_compact();
            changes.push(Box::new(move |told| told[place] = Told::Caller { answer: forged.clone(), salt }));
            // What was told of the caller cannot pass for an answer to something else.
            changes.push(Box::new(move |told| told[place] = Told::Other(told[place].digest())));
        }
        for change in changes {
            let mut opening = reply.run.clone();
            change(&mut opening.told);
            assert_eq!(check(&outer, &reply, &opening, sender), log);
            let decoded = RunOpening::decode(&opening.encode()).unwrap();
            assert_eq!(check(&outer, &reply, &decoded, sender), log);
        }
    }
}

#[test]
fn who_instantiates_has_no_grant_and_contracts_are_told_so() {
    let world = World::new();
    let module = Module {
        head: format!(r#"(data (i32.const 5000) "{}")"#, escaped(compact::CALLER)),
        instantiate:
            "(i32.store (i32.const 80) (i32.const 5000)) (i32.store offset=8 (i32.const 80) (i32.const 1))
             (drop (call $query_chain (i32.const 80))) (i32.const 16)"
                .into(),
        ..Module::default()
    };
    let code = world.upload(&module.build()).unwrap();
    let made = world.instantiate(code, "{}").unwrap();
    let sender = world.hospital.public();
    let response = [br#"{"ok":""#.as_slice(), made.response.to_base64().as_bytes(), br#""}"#].concat();
    let (entry, message) = (EntryPoint::Instantiate, b"{}".as_slice());
    let call = Call { contract: &made.contract, entry, sender: &sender, message, response: &response };
    let told = check_run(made.receipt.receipt(), &made.run, &call).unwrap();
    assert_eq!(told, ToldByHost { caller: None, others: 0 });
    assert!(matches!(made.run.told.as_slice(), [Told::Caller { .. }]));
}

#[test]
fn who_was_asked_and_ran_out_of_gas_has_failed() {
    let world = World::poor(20_000_000);
    let endless = world.contract(&Module::query("(loop $forever (br $forever)) (unreachable)"), "{}");
    let request = compact::smart(&endless.id, b"{}");
    let asker = world.contract(&asks(&[&request]), "{}");
    let (reply, trace) = call(&world, &asker, &[&endless]);
    assert_eq!(reply.failure, Some(ContractFailure::OutOfGas { limit: 20_000_000 }));
    let [asking, asked] = trace.runs.as_slice() else { panic!("two runs") };
    assert_eq!((asked.trap, asked.gas), (9, asked.limit));
    let answer = &asking.answers[0];
    assert_eq!(
        (answer.bytes.as_slice(), answer.by, answer.gas),
        (compact::FAILED, AnsweredBy::Run, asked.gas)
    );
    assert_eq!((asking.told, asked.told), (Fr::default(), Fr::default()));
}

#[test]
fn questions_are_operations() {
    let world = World::new();
    let module = Module {
        head: format!(r#"(data (i32.const 5000) "{}")"#, escaped(compact::CALLER)),
        query: format!(
            "(i32.store (i32.const 80) (i32.const 5000)) (i32.store offset=8 (i32.const 80) (i32.const 1))
             (loop $next (drop (call $query_chain (i32.const 80)))
               (local.set $i (i32.add (local.get $i) (i32.const 1)))
               (br_if $next (i32.lt_u (local.get $i) (i32.const 4097)))) {ANSWER}"
        ),
        ..Module::default()
    };
    let contract = world.contract(&module.build(), "{}");
    let (reply, _) = call(&world, &contract, &[]);
    assert_eq!(reply.failure, Some(ContractFailure::TooManyOperations));
    assert_eq!(reply.run.told.len(), nectar_trace::MAX_TOLD, "as many as an opening holds");
    let again = RunOpening::decode(&reply.run.encode()).unwrap();
    assert!(check(&contract, &reply, &again, key("caller").public()).is_ok());
}
