use std::collections::BTreeMap;

use nectar_commitment::{Domain, Fr, Tree, hash4};

use super::record::ReceiptRecord;
use crate::execution::program::{Node, nodes};
use crate::execution::runs::{LogEntry, Receipt};

/// Number of the tree of receipts among all trees.
const TREE: u32 = 3;

/// Logs and receipts, as slots show them.
pub(super) struct Kept {
    pub(super) entries: Vec<LogEntry>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) nodes: Vec<Node>,
}

/// All of a batch's. `outermost` are the entries of outermost runs, by receipt.
pub(super) fn kept(records: &[ReceiptRecord], outermost: &BTreeMap<u64, u64>) -> Kept {
    let mut entries = Vec::new();
    let mut receipts = Vec::new();
    let mut leaves = Vec::new();
    for (number, record) in (0u64..).zip(records) {
        let log = walk(number, record, &mut entries);
        receipts.push(Receipt {
            log,
            entries: record.log.len() as u64,
            outermost: outermost.get(&number).copied(),
            body: record.body,
            auth: record.auth,
        });
        leaves.push(hash4(Domain::Receipt, [log, record.body, record.auth, Fr::zero()]));
    }
    let places: Vec<u32> = (0..).zip(&leaves).map(|(place, _)| place).collect();
    let nodes = if places.is_empty() { Vec::new() } else { nodes(TREE, &Tree::from_leaves(leaves), &places) };
    Kept { entries, receipts, nodes }
}

/// A log, entry by entry; what it comes to.
fn walk(receipt: u64, record: &ReceiptRecord, entries: &mut Vec<LogEntry>) -> Fr {
    let (mut log, mut contract, mut binding) = (Fr::zero(), Fr::zero(), Fr::zero());
    for (number, entry) in (0u64..).zip(&record.log) {
        let super::LogRecord { code, key, value } = *entry;
        entries.push(LogEntry { place: receipt << 32 | number, log, contract, binding, code, key, value });
        log = hash4(Domain::Log, [log, Fr::from(code), key, value]);
        (contract, binding) = match code {
            1 => (key, value),
            2 | 9 => (Fr::zero(), Fr::zero()),
            _ => (contract, binding),
        };
    }
    log
}
