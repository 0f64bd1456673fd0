//! Runs the consent contract as a node does.

use std::collections::{BTreeMap, BTreeSet};

use nectar_abi::{
    CallerGrant, ContractId, FieldMask, GrantHash, LegalBasis, PatientHandle, PublicKey, Purpose, compact,
};
use nectar_vm::cosmwasm::{CosmWasm, MemoryHost, Queries, QueryAnswer, Said};
use nectar_vm::{Limits, Machine, Op, Program, Step, Tracer, lower};

const OWNER: PublicKey = PublicKey::new([1; 32]);
const CONTRACT: ContractId = ContractId::new([2; 32]);
const TIME: u64 = 1_790_000_000;

/// Places that a run's steps name.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) steps: u64,
    pub(super) rows: BTreeSet<u32>,
    pub(super) registers: BTreeSet<u32>,
    pub(super) links: BTreeSet<u32>,
    pub(super) globals: BTreeSet<u64>,
    pub(super) words: BTreeSet<u32>,
}

struct Watch<'p>(&'p Program, Touched);

impl Tracer for Watch<'_> {
    fn step(&mut self, step: &Step) {
        let (row, touched) = (self.0.rows[step.row as usize], &mut self.1);
        touched.steps += 1;
        touched.rows.insert(step.row);
        // At most: not every operation has every operand.
        let mut named = vec![u32::from(row.a)];
        named.extend((!row.immediate).then_some(u32::from(row.b)));
        named.extend(step.d.map(|_| row.d));
        if row.op == Op::Select {
            named.push(u32::try_from(row.imm).unwrap());
        }
        touched.registers.extend(named.into_iter().map(|register| step.fp + register));
        if matches!(row.op, Op::Call | Op::CallIndirect) {
            touched.links.insert(step.next_fp);
        }
        if matches!(row.op, Op::GlobalGet | Op::GlobalSet) {
            touched.globals.insert(row.imm);
        }
        touched.words.extend(step.words.iter().flatten().map(|access| access.word));
    }
}

/// Answers with the grant in use.
struct Grant(CallerGrant);

impl Queries for Grant {
    fn query(&mut self, request: &[u8]) -> QueryAnswer {
        assert_eq!(request, compact::CALLER);
        QueryAnswer { bytes: self.0.to_compact(), gas: 0 }
    }
}

/// An artifact of the example contracts.
pub(super) fn artifact(name: &str) -> Program {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/examples/artifacts");
    lower(&std::fs::read(format!("{directory}/{name}.wasm")).unwrap(), &CosmWasm).unwrap()
}

/// What recording a consent touches.
pub(super) fn consent() -> (Program, Touched) {
    let program = artifact("consent");
    let caller = CallerGrant {
        holder: OWNER,
        owner: OWNER,
        grant: GrantHash::new([3; 32]),
        method: "execute/record".parse().unwrap(),
        purpose: Purpose::Treatment,
        legal_basis: LegalBasis::TreatmentPaymentOperations,
        patient: None,
        fields: FieldMask::ALL,
        expires: TIME + 3600,
    };
    let patient = PatientHandle::new([4; 32]);
    let rule = r#"{"effect":"deny","who":{"role":"insurer"},"purposes":["TREAT"],"until":1890000000}"#;
    let messages = [
        ("instantiate", "{}".to_owned()),
        ("execute", format!(r#"{{"record":{{"patient":"{patient}","rule":{rule}}}}}"#)),
    ];
    let mut store = BTreeMap::new();
    let mut touched = Touched::default();
    for (entry, message) in messages {
        let mut host = MemoryHost::with_queries(Grant(caller.clone()));
        host.set_store(store);
        let env = format!(
            r#"{{"block":{{"height":7,"time":"{TIME}000000000","chain_id":"nectar-1"}},"transaction":null,"contract":{{"address":"{CONTRACT}"}}}}"#
        );
        let info = format!(r#"{{"sender":"{OWNER}","funds":[]}}"#);
        host.begin(&[env.into_bytes(), info.into_bytes(), message.into_bytes()]).unwrap();
        let mut machine = Machine::new(&program, Limits::default());
        let mut watch = Watch(&program, Touched::default());
        machine.run(program.entries[entry], &[], &mut host, &mut watch).unwrap();
        let Some(Said::Response(response)) = host.said() else { panic!("a response") };
        assert!(response.starts_with(br#"{"ok""#), "{}", String::from_utf8_lossy(response));
        store = host.store().clone();
        touched = watch.1;
    }
    (program, touched)
}
