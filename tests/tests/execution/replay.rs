//! Runs what a trace says once more, on the machine, and compares.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nectar_abi::{CallerGrant, ContractId, compact};
use nectar_circuit::execution::Kind;
use nectar_commitment::EntryPoint;
use nectar_runtime::DEFAULT_LIMIT;
use nectar_trace::{HostOp, InvocationTrace, RunTrace};
use nectar_vm::cosmwasm::{Access, AccessKind, CosmWasm, MemoryHost, Queries, QueryAnswer, Said};
use nectar_vm::{End, Limits, Machine, Program, Step, Stop, Tracer, lower};
use serde_json::{Value, json};

/// A lowered contract and its store.
pub(crate) struct Twin {
    pub(crate) program: Program,
    pub(crate) store: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Twin {
    pub(crate) fn new(wasm: &[u8]) -> Self {
        Self { program: lower(wasm, &CosmWasm).unwrap(), store: BTreeMap::new() }
    }
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) rows: u64,
    pub(crate) gas: u64,
    /// Of the contract's own.
    pub(crate) instructions: u64,
    /// Steps by kind of slot.
    pub(crate) kinds: BTreeMap<Kind, u64>,
}

/// Answers as the runtime does: the caller's grant, and one other contract.
struct Answers<'t> {
    caller: Option<CallerGrant>,
    other: Option<(ContractId, &'t Twin)>,
    env: Vec<u8>,
    own: ContractId,
    /// What the other contract did to its state.
    accesses: Vec<Access>,
}

impl Queries for Answers<'_> {
    fn query(&mut self, request: &[u8]) -> QueryAnswer {
        let other = |answer: Value| QueryAnswer { bytes: answer.to_string().into_bytes(), gas: 0 };
        if request == compact::CALLER {
            return QueryAnswer { bytes: self.caller.as_ref().unwrap().to_compact(), gas: 0 };
        }
        let in_bytes = compact::read_smart(request);
        let (address, message) = match in_bytes {
            Some((contract, message)) => (contract.to_string(), message.to_vec()),
            None => {
                let Ok(request) = serde_json::from_slice::<Value>(request) else {
                    return other(
                        json!({"error": {"invalid_request": {"error": "not a query of this chain", "request": ""}}}),
                    );
                };
                if request.pointer("/custom/caller").is_some() {
                    let caller = serde_json::to_vec(self.caller.as_ref().unwrap()).unwrap();
                    return other(json!({"ok": {"ok": STANDARD.encode(caller)}}));
                }
                let Some(smart) = request.pointer("/wasm/smart") else {
                    return other(json!({"error": {"unsupported_request": {"kind": "this query"}}}));
                };
                let message = STANDARD.decode(smart["msg"].as_str().unwrap()).unwrap();
                (smart["contract_addr"].as_str().unwrap().to_owned(), message)
            }
        };
        let (id, twin) = self.other.expect("a contract is asked");
        assert_eq!(address, id.to_string());
        let env =
            String::from_utf8(self.env.clone()).unwrap().replace(&self.own.to_string(), &id.to_string());
        let mut host = MemoryHost::with_queries(Answers { caller: self.caller.clone(), ..Answers::none(id) });
        host.set_store(twin.store.clone());
        host.begin(&[env.into_bytes(), message]).unwrap();
        let mut machine = machine(&twin.program);
        machine.run(twin.program.entries["query"], &[], &mut host, &mut ()).unwrap();
        self.accesses.extend_from_slice(host.accesses());
        let Some(Said::Response(response)) = host.said() else { panic!("a response") };
        // The other contract's result as it is, and in JSON around it: its own is canonical.
        let bytes = match in_bytes {
            Some(_) => response.clone(),
            None => [b"{\"ok\":".as_slice(), response, b"}"].concat(),
        };
        QueryAnswer { bytes, gas: machine.gas() }
    }
}

impl Answers<'_> {
    const fn none(own: ContractId) -> Self {
        Self { caller: None, other: None, env: Vec::new(), own, accesses: Vec::new() }
    }
}

struct Count<'p> {
    program: &'p Program,
    instructions: u64,
    kinds: BTreeMap<Kind, u64>,
}

impl Tracer for Count<'_> {
    fn step(&mut self, step: &Step) {
        let function = self.program.function_at(step.row);
        let row = &self.program.rows[step.row as usize];
        if function.is_some_and(|function| !nectar_vm::cosmwasm::is_stub(&function.name)) {
            self.instructions += u64::from(row.cost);
        }
        let trap = match step.end {
            Some(End::Trapped(trap)) => Some(trap),
            _ => None,
        };
        let kind = Kind::of(row, step.a, trap).unwrap_or_else(|| panic!("no slot for {row:?}"));
        *self.kinds.entry(kind).or_default() += 1;
    }
}

fn machine(program: &Program) -> Machine<'_> {
    Machine::new(program, Limits { gas: DEFAULT_LIMIT, ..Limits::default() })
}

/// Runs the trace on the contract's twin, whose store then is what the contract's is.
pub(crate) fn replay(
    trace: &InvocationTrace,
    id: ContractId,
    twin: &mut Twin,
    caller: Option<CallerGrant>,
    other: Option<(ContractId, &Twin)>,
) -> Measured {
    let run = &trace.runs[0];
    let answers = Answers { caller, other, env: run.inputs[0].clone(), ..Answers::none(id) };
    let mut host = MemoryHost::with_queries(answers);
    host.set_store(std::mem::take(&mut twin.store));
    host.begin(&run.inputs).unwrap();
    let mut machine = machine(&twin.program);
    let mut count = Count { program: &twin.program, instructions: 0, kinds: BTreeMap::new() };
    let ended = machine.run(twin.program.entries[name(run)], &[], &mut host, &mut count);
    assert_eq!(host.fault(), None);
    ended.unwrap();
    let said = run.said.clone().unwrap();
    assert_eq!(host.said(), Some(&Said::Response(said.clone())), "the response, byte for byte");
    let of = |contract: ContractId| {
        let runs = trace.runs.iter().filter(move |run| run.contract == contract);
        let calls = runs.flat_map(|run| &run.calls).filter(|call| call.op != HostOp::End);
        calls.map(|call| {
            let kind = match call.op {
                HostOp::Read => AccessKind::Read,
                HostOp::Write => AccessKind::Write,
                HostOp::Remove | HostOp::End => AccessKind::Remove,
            };
            Access { kind, key: call.key.clone(), value: call.value.clone() }
        })
    };
    assert!(of(id).eq(host.accesses().iter().cloned()), "reads and writes in order");
    if let Some((other, _)) = other {
        assert!(of(other).eq(host.queries().accesses.iter().cloned()), "the other contract's too");
    }
    if !said.starts_with(b"{\"ok\":") {
        host.undo();
    }
    assert_eq!((machine.gas(), run.gas), (trace.receipt.gas, trace.receipt.gas), "gas");
    let Count { instructions, kinds, .. } = count;
    let (rows, gas) = (machine.rows(), machine.gas());
    let measured = Measured { rows, gas, instructions, kinds };
    twin.store = host.store().clone();
    measured
}

fn name(run: &RunTrace) -> &'static str {
    match run.entry {
        EntryPoint::Instantiate => "instantiate",
        EntryPoint::Execute => "execute",
        EntryPoint::Query => "query",
    }
}

/// How a run that the runtime may have refused ends on the machine.
pub(crate) fn ending(trace: &InvocationTrace, twin: &Twin) -> Result<u64, Stop> {
    let mut host = MemoryHost::new();
    host.set_store(twin.store.clone());
    let run = &trace.runs[0];
    host.begin(&run.inputs).unwrap();
    machine(&twin.program).run(twin.program.entries[name(run)], &[], &mut host, &mut ())
}
