use std::collections::HashMap;

use nectar_commitment::{Fr, to_bytes};
use nectar_vm::cosmwasm::{CosmWasm, MemoryHost};
use nectar_vm::{Limits, Machine, Program, lower};

use super::{Place, Recorder, Recording};
use crate::builder::Filler;
use crate::execution::Kind;
use crate::execution::bus::{Bus, Tag};
use crate::lc::Var;

const ENV: &str = r#"{"block":{"height":1,"time":"1790000000000000000","chain_id":"nectar-1"},"transaction":null,"contract":{"address":"0202020202020202020202020202020202020202020202020202020202020202"}}"#;
const INFO: &str =
    r#"{"sender":"0101010101010101010101010101010101010101010101010101010101010101","funds":[]}"#;

fn artifact(name: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/examples/artifacts");
    std::fs::read(format!("{directory}/{name}.wasm")).unwrap()
}

fn record(program: &Program, entry: &str, inputs: &[&str], gas: u64) -> Recording {
    let mut host = MemoryHost::new();
    let inputs: Vec<_> = inputs.iter().map(|input| input.as_bytes().to_vec()).collect();
    host.begin(&inputs).unwrap();
    let mut recorder = Recorder::new(program, Place { run: 1, program: 3 });
    let mut machine = Machine::new(program, Limits { gas, ..Limits::default() });
    let _ = machine.run(program.entries[entry], &[], &mut host, &mut recorder);
    recorder.finish().unwrap()
}

/// Sum of what was sent less what was received, by tuple; zeros are left out.
fn balance(recording: &Recording) -> HashMap<(u64, Vec<[u8; 32]>), Fr> {
    let mut b = Filler::default();
    let challenge = |value: u64| Var { column: None, value: Fr::from(value) };
    let mut bus = Bus::new(&mut b, challenge(77), challenge(99));
    for step in &recording.steps {
        Kind::of(&step.row, step.a.value, step.trap).unwrap().slot(&mut b, &mut bus, Some(step));
    }
    let mut sums: HashMap<_, Fr> = HashMap::new();
    for (tag, m, fields) in bus.log {
        *sums.entry((tag as u64, fields.iter().map(to_bytes).collect())).or_default() += m;
    }
    sums.retain(|_, sum| *sum != Fr::zero());
    sums
}

fn of(balance: &HashMap<(u64, Vec<[u8; 32]>), Fr>, tag: Tag) -> usize {
    balance.keys().filter(|(other, _)| *other == tag as u64).count()
}

#[test]
fn what_steps_receive_was_sent_but_for_where_a_run_begins_and_what_cells_begin_with() {
    let program = lower(&artifact("consent"), &CosmWasm).unwrap();
    for gas in [1 << 40, 30_000] {
        let recording = record(&program, "instantiate", &[ENV, INFO, "{}"], gas);
        assert!(recording.ended && (gas > 30_000) == recording.trap.is_none());
        let balance = balance(&recording);
        assert_eq!(of(&balance, Tag::State), 2, "the first state and the last");
        let cells = recording.cells.range(0..u64::MAX).count();
        let touched = of(&balance, Tag::Cell);
        assert!(
            touched.is_multiple_of(2) && touched <= 2 * cells,
            "the first and the last of each: {touched} of {cells} cells"
        );
        assert!(
            touched >= 2 * (cells - 3),
            "all but special cells that nobody read: {touched} of {cells} cells"
        );
        assert_eq!(of(&balance, Tag::Row), recording.rows.len());
        assert_eq!(of(&balance, Tag::Word), recording.words.len());
    }
}
