//! Runs in the log, their traces, what opens them, and the machine that may refuse them.

use std::sync::{Arc, Mutex};

use nectar_abi::CodeHash;
use nectar_commitment::{EntryPoint, Fr, Op, binding, from_u64, state_key};
use nectar_runtime::{
    Call, CallError, HostError, Invalid, NotProvable, OpeningError, Programs, Rehearsal, Rehearsed, Reply,
    RunError, ToldByHost, check_run, program_commitment,
};
use nectar_trace::{HostOp, InvocationTrace, Receipt, RunOpening};

use crate::support::{Contract, World, key};
use crate::wat::{ANSWER, KEY, Module, RESPONSE, VALUE};

const GO: &str = r#"{"go":{}}"#;
const NOTHING_TOLD: Result<ToldByHost, RunError> = Ok(ToldByHost { caller: None, others: 0 });

fn call(world: &World, contract: &Contract, method: &str) -> Result<Reply, CallError> {
    let caller = key("caller");
    let token = world.token(contract, caller.public(), &[method]);
    world.call(&token, &caller, method, GO)
}

fn last_trace(world: &World) -> InvocationTrace {
    let batch = world.node().pending(usize::MAX, usize::MAX).unwrap().unwrap();
    batch.traces().last().unwrap().clone()
}

/// Every entry that a trace says to be in the log is there, under the contract's secret and binding.
fn check_trace(trace: &InvocationTrace) {
    let entries: Vec<_> = trace.slots.iter().filter_map(|slot| slot.log_entry()).collect();
    let at = |place: u32| entries[place as usize];
    for run in &trace.runs {
        let entry = at(run.end);
        assert_eq!(run.logged().unwrap(), (entry.key, entry.value));
        assert!(run.start <= run.end);
        let opened =
            entries[..run.end as usize].iter().rfind(|entry| entry.code == Op::Open.log_code()).unwrap();
        assert_eq!(opened.value, binding(&run.program, &run.secret));
        for call in run.calls.iter().filter(|call| call.op != HostOp::End) {
            let code = if call.op == HostOp::Read { Op::Read } else { Op::Write }.log_code();
            let key = state_key(&run.secret, &call.key).to_field();
            let entry = at(call.place);
            assert_eq!((entry.code, entry.key, entry.value), (code, key, call.committed()));
        }
    }
    let log = entries.iter().fold(Fr::default(), |log, entry| entry.after(log));
    assert_eq!(log, trace.receipt.log);
}

fn opens(
    receipt: &Receipt,
    run: &RunOpening,
    contract: &Contract,
    entry: EntryPoint,
    response: &[u8],
) -> Result<ToldByHost, RunError> {
    let sender = key("caller").public();
    let call = Call { contract: &contract.id, entry, sender: &sender, message: GO.as_bytes(), response };
    check_run(receipt, run, &call)
}

#[test]
fn a_call_is_in_the_log_with_all_that_it_asked() {
    let world = World::new();
    let body = format!(
        "(call $db_write {KEY} {VALUE}) (drop (call $db_read {KEY}))
         (local.set $i (call $db_scan (i32.const 0) (i32.const 0) (i32.const 1)))
         (drop (call $db_next (local.get $i))) (drop (call $db_next (local.get $i))) (drop (call $db_next (local.get $i)))
         (call $db_remove {KEY}) {RESPONSE}"
    );
    let contract = world.contract(&Module::execute(&body), "{}");
    let reply = call(&world, &contract, "execute/go").unwrap();
    let trace = last_trace(&world);
    check_trace(&trace);
    let [run] = trace.runs.as_slice() else { panic!("one run") };
    let ops: Vec<_> = run.calls.iter().map(|call| call.op).collect();
    assert_eq!(ops, [HostOp::Write, HostOp::Read, HostOp::Read, HostOp::End, HostOp::Remove]);
    assert_eq!((run.contract, run.code, run.entry), (contract.id, contract.code, EntryPoint::Execute));
    assert_eq!((run.program, run.gas, run.trap), (program_commitment(&contract.code), reply.gas, 0));
    assert_eq!(run.limit, world.config.limits.gas - 1);
    // Opened, one grant used.
    assert_eq!((run.start, run.end), (2, 6));
}

#[test]
fn what_a_failed_call_did_stays_in_its_log_alone() {
    let world = World::new();
    let body = format!("(call $db_write {KEY} {VALUE}) (unreachable)");
    let contract = world.contract(&Module::execute(&body), "{}");
    let good = call(&world, &contract, "query/go").unwrap();
    let bad = call(&world, &contract, "execute/go").unwrap();
    let trace = last_trace(&world);
    check_trace(&trace);
    assert_eq!(trace.runs[0].calls.len(), 1);
    assert_eq!((trace.runs[0].trap, &trace.runs[0].said), (1, &None));
    assert!(trace.slots.iter().any(|slot| slot.op == Op::Fail));
    let changed = |reply: &Reply| {
        let touched = &reply.receipt.receipt().touched;
        touched.len() == 1 && touched.iter().all(|touched| touched.pre != touched.post)
    };
    assert!(changed(&good) && changed(&bad), "receipts look alike");
    let query = Module::query(&format!("(if (call $db_read {KEY}) (then (unreachable))) {ANSWER}"));
    assert!(call(&world, &world.contract(&query, "{}"), "query/go").unwrap().failure.is_none());
}

#[test]
fn a_failed_query_takes_nothing_back() {
    let world = World::new();
    let contract =
        world.contract(&Module::query(&format!("(drop (call $db_read {KEY})) (unreachable)")), "{}");
    let reply = call(&world, &contract, "query/go").unwrap();
    let trace = last_trace(&world);
    check_trace(&trace);
    assert_eq!(trace.slots.iter().filter(|slot| slot.op == Op::Run).count(), 1);
    assert!(trace.slots.iter().all(|slot| slot.op != Op::Fail));
    let response = reply.response_bytes();
    assert_eq!(
        opens(reply.receipt.receipt(), &reply.run, &contract, EntryPoint::Query, &response),
        NOTHING_TOLD
    );
}

#[test]
fn runs_of_composed_calls_stand_inside_of_each_other() {
    let world = World::new();
    let module = Module {
        query: format!(
            "(drop (call $db_read {KEY})) (drop (call $query_chain (local.get $msg))) (drop (call $db_read {KEY})) {ANSWER}"
        ),
        ..Module::default()
    };
    let asker = world.contract(&module.build(), "{}");
    let other = world.contract(&Module::query(&format!("(drop (call $db_read {KEY})) {ANSWER}")), "{}");
    let caller = key("caller");
    let token = world.token(&asker, caller.public(), &["query/wasm"]);
    let smart = format!(r#"{{"wasm":{{"smart":{{"contract_addr":"{}","msg":"e30="}}}}}}"#, other.id);
    let mut invocation = world.invocation(&token, "query/wasm", &smart);
    invocation.touches = vec![other.id];
    world.node().invoke(&invocation.sign(&caller).unwrap()).unwrap();
    let trace = last_trace(&world);
    check_trace(&trace);
    let [outer, inner] = trace.runs.as_slice() else { panic!("two runs") };
    assert_eq!((outer.contract, inner.contract), (asker.id, other.id));
    assert!(outer.calls[0].place < inner.start && inner.end < outer.calls[1].place);
    assert_eq!(outer.answers.len(), 1);
    assert_eq!((outer.answers[0].gas, inner.limit < outer.limit), (inner.gas, true));
    assert_eq!(outer.answers[0].bytes, br#"{"ok":{"ok":"e30="}}"#);
}

#[test]
fn a_receipt_opens_to_its_run_and_to_no_other() {
    let world = World::new();
    let body = format!(
        "(call $db_write {KEY} {VALUE}) (if (call $db_read {VALUE}) (then (unreachable))) {RESPONSE}"
    );
    let good = world.contract(&Module::execute(&body), "{}");
    let bad = world.contract(&Module::execute(&format!("(call $abort {VALUE}) {RESPONSE}")), "{}");
    let replies = [&good, &bad].map(|contract| (contract, call(&world, contract, "execute/go").unwrap()));
    for (contract, reply) in &replies {
        let (receipt, response) = (reply.receipt.receipt(), reply.response_bytes());
        let execute = EntryPoint::Execute;
        assert_eq!(opens(receipt, &reply.run, contract, execute, &response), NOTHING_TOLD);
        assert!(opens(receipt, &reply.run, contract, EntryPoint::Query, &response).is_err());
        assert_eq!(
            opens(receipt, &reply.run, contract, execute, b"{\"ok\":\"e30=\"}"),
            Err(RunError::Response)
        );
        let moved = Receipt { position: receipt.position + 1, ..receipt.clone() };
        let other = Err(RunError::Opening(OpeningError::Log));
        assert_eq!(opens(&moved, &reply.run, contract, execute, &response), other);
        let again = RunOpening::decode(&reply.run.encode()).unwrap();
        assert_eq!(opens(receipt, &again, contract, execute, &response), NOTHING_TOLD);
    }
    let [(good, first), (_, second)] = &replies;
    let response = first.response_bytes();
    assert!(opens(second.receipt.receipt(), &first.run, good, EntryPoint::Execute, &response).is_err());
}

/// What a machine says of every run.
#[derive(Debug)]
enum Verdict {
    /// That it ended as here, and cost this much more.
    Same(u64),
    /// That it ended as here, and takes so many chunks of a proof.
    Takes(u64),
    /// That it trapped.
    Trapped,
    Refused(NotProvable),
}

/// A machine that refuses on purpose.
#[derive(Debug)]
struct Judge {
    verdict: Mutex<Verdict>,
    module: Result<(), NotProvable>,
}

impl Judge {
    fn new(verdict: Verdict) -> Arc<Self> {
        Arc::new(Self { verdict: Mutex::new(verdict), module: Ok(()) })
    }

    fn says(&self, verdict: Verdict) {
        *self.verdict.lock().unwrap() = verdict;
    }
}

impl Programs for Judge {
    fn commitment(&self, _: &CodeHash, _: &[u8]) -> Result<Fr, NotProvable> {
        self.module.clone().map(|()| from_u64(77))
    }

    fn rehearse(&self, rehearsal: &Rehearsal<'_>) -> Result<Rehearsed, NotProvable> {
        assert!(!(rehearsal.module)().unwrap().is_empty());
        match &*self.verdict.lock().unwrap() {
            Verdict::Refused(why) => Err(why.clone()),
            Verdict::Trapped => Ok(Rehearsed { trap: 1, gas: 1, said: None, chunks: 1 }),
            verdict @ (Verdict::Same(_) | Verdict::Takes(_)) => {
                let (more, chunks) = match verdict {
                    Verdict::Takes(chunks) => (0, *chunks),
                    Verdict::Same(more) => (*more, 1),
                    _ => (0, 0),
                };
                let response = br#"{"ok":{"messages":[],"attributes":[],"events":[],"data":null}}"#;
                // What the ordinary module's entries cost: measured by the runtime without a machine.
                let gas = ordinary() + more;
                Ok(Rehearsed { trap: 0, gas, said: Some(response.to_vec()), chunks })
            }
        }
    }

    fn most_chunks(&self) -> u64 {
        20
    }
}

/// Gas of the ordinary module's `execute`, which answers at once.
fn ordinary() -> u64 {
    let world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    call(&world, &contract, "execute/go").unwrap().gas
}

fn with_judge(judge: &Arc<Judge>) -> World {
    let mut world = World::new();
    let contract_owner = world.executor.take().unwrap();
    world.executor = Some(contract_owner.with_programs(judge.clone()));
    world
}

#[test]
fn nothing_is_committed_of_a_run_that_cannot_be_proven() {
    let mut world = World::new();
    let contract = world.contract(&Module::default().build(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["execute/go"]);
    let reached =
        NotProvable::Reached { function: "compute".into(), what: "floating-point arithmetic".into() };
    let judge = Judge::new(Verdict::Refused(reached.clone()));
    world.executor = world.executor.take().map(|executor| executor.with_programs(judge.clone()));
    let (root, receipts) = (world.node().network_root(), world.node().receipts());
    let invocation = world.invocation(&token, "execute/go", GO).sign(&caller).unwrap();
    let refused = |expected: NotProvable| match world.node().invoke(&invocation) {
        Err(CallError::Host(HostError::NotProvable(why))) => assert_eq!(why, expected),
        other => panic!("{other:?}"),
    };
    refused(reached.clone());
    assert!(reached.to_string().contains("`compute`"), "the error names the function");
    judge.says(Verdict::Takes(21));
    refused(NotProvable::TooLarge { got: 21, limit: 20 });
    judge.says(Verdict::Trapped);
    refused(NotProvable::Differs("outcome"));
    judge.says(Verdict::Same(1));
    refused(NotProvable::Differs("gas"));
    assert_eq!((world.node().network_root(), world.node().receipts()), (root, receipts));
    judge.says(Verdict::Same(0));
    // The same request: its nonce was not used up.
    let reply = world.node().invoke(&invocation).unwrap();
    assert_eq!(reply.gas, ordinary());
}

#[test]
fn a_module_and_an_instantiation_that_cannot_be_proven_are_refused_with_the_reason() {
    let why = NotProvable::Module("element segments are not supported".into());
    let judge = Arc::new(Judge { verdict: Mutex::new(Verdict::Same(0)), module: Err(why.clone()) });
    let world = with_judge(&judge);
    let refused = world.upload(&Module::default().build());
    assert!(matches!(refused, Err(CallError::Invalid(Invalid::NotProvable(found))) if found == why));

    let judge = Judge::new(Verdict::Refused(NotProvable::TooLong { limit: 5 }));
    let world = with_judge(&judge);
    let code = world.upload(&Module::default().build()).unwrap();
    let refused = world.instantiate(code, "{}");
    let why = NotProvable::TooLong { limit: 5 };
    assert!(matches!(refused, Err(CallError::Invalid(Invalid::NotProvable(found))) if found == why));
    assert_eq!(world.node().receipts(), 0);
}
