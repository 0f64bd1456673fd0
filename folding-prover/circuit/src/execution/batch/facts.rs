use nectar_commitment::{Domain, Fr};

use crate::builder::{Builder, Filler};
use crate::execution::bus::Bus;
use crate::execution::chunk::Contents;
use crate::execution::{outside, program, runs};
use crate::lc::Var;

/// All hashes that slots ask for: the slots are filled once to hear it.
pub(super) fn asked(contents: &Contents) -> Vec<(Domain, [Fr; 4])> {
    let mut filler = Filler::default();
    let b = &mut filler;
    let any = |value: u64| Var { column: None, value: Fr::from(value) };
    let mut bus = Bus::new(b, any(1), any(1));
    let zero = b.alloc(Fr::zero());
    contents.nodes.iter().for_each(|item| program::node(b, &mut bus, Some(item)));
    for item in &contents.programs {
        program::program(b, &mut bus, zero, Some(item));
    }
    for item in &contents.runs {
        runs::run(b, &mut bus, zero, Some(item));
    }
    contents.parts.iter().for_each(|item| outside::bytes(b, &mut bus, Some(item)));
    contents.accesses.iter().for_each(|item| outside::access(b, &mut bus, Some(item)));
    contents.items.iter().for_each(|item| outside::item(b, &mut bus, Some(item)));
    contents.queries.iter().for_each(|item| outside::query(b, &mut bus, Some(item)));
    contents.entries.iter().for_each(|item| runs::log(b, &mut bus, Some(item)));
    for item in &contents.receipts {
        runs::receipt(b, &mut bus, zero, Some(item));
    }
    std::mem::take(&mut bus.hashes)
}
