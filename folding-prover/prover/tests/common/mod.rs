//! A batch with every operation, and its registers.
#![expect(dead_code, reason = "each test binary uses a part of it")]

use nectar_circuit::Statement;
use nectar_commitment::{Fr, Key, Ledger, Op, ReceiptTree, Registers, Slot};

pub(crate) fn fr(n: u64) -> Fr {
    Fr::from(n)
}

pub(crate) fn key(n: u8) -> Key {
    Key::new([n; 31])
}

pub(crate) struct Batch {
    pub(crate) statement: Statement,
    pub(crate) slots: Vec<Slot>,
}

impl Batch {
    pub(crate) fn start(&self) -> Registers {
        Registers::start(self.statement.pre_root, self.statement.digest())
    }

    pub(crate) fn end(&self) -> Registers {
        let s = &self.statement;
        Registers::end(s.post_root, s.receipts_root, s.receipts, s.digest())
    }

    /// Registers before each slot, and after the last.
    pub(crate) fn registers(&self) -> Vec<Registers> {
        let mut all = vec![self.start()];
        for slot in &self.slots {
            let next = all.last().unwrap().apply(slot).unwrap();
            all.push(next);
        }
        all
    }
}

/// Two contracts, writes, reads, removal, grants, a composed call with its runs, one that fails, three receipts, and padding.
pub(crate) fn batch() -> Batch {
    let mut ledger = Ledger::default();
    ledger.create(key(9), fr(91), fr(92)).unwrap();
    ledger.finish();
    let pre_root = ledger.root();
    let mut receipts = ReceiptTree::default();
    let mut slots = vec![Slot::nop()];
    ledger.begin();
    ledger.create(key(1), fr(11), fr(12)).unwrap();
    ledger.create(key(2), fr(21), fr(22)).unwrap();
    ledger.open(key(1)).unwrap();
    for n in [5, 3, 9] {
        ledger.write(key(n), fr(n.into())).unwrap();
    }
    ledger.set_grant(key(7), fr(77)).unwrap();
    ledger.close(fr(13)).unwrap();
    end(&mut ledger, &mut receipts, &mut slots, fr(1));
    ledger.open(key(1)).unwrap();
    ledger.use_grant(key(7), fr(5)).unwrap();
    ledger.read(key(3)).unwrap();
    ledger.read(key(4)).unwrap();
    ledger.read(key(200)).unwrap();
    ledger.close(fr(14)).unwrap();
    ledger.open(key(2)).unwrap();
    ledger.read(key(3)).unwrap();
    ledger.run(fr(31), fr(32)).unwrap();
    ledger.close(fr(23)).unwrap();
    ledger.open(key(1)).unwrap();
    ledger.write(key(3), fr(0)).unwrap();
    ledger.write(key(5), fr(55)).unwrap();
    ledger.set_grant(key(7), fr(0)).unwrap();
    ledger.close(fr(15)).unwrap();
    end(&mut ledger, &mut receipts, &mut slots, fr(2));
    ledger.open(key(2)).unwrap();
    ledger.write(key(3), fr(33)).unwrap();
    ledger.fail(fr(35), fr(36)).unwrap();
    ledger.open(key(2)).unwrap();
    ledger.close(fr(24)).unwrap();
    end(&mut ledger, &mut receipts, &mut slots, fr(3));
    let statement = Statement {
        chain_id: 31_337,
        network: 7,
        batch: 3,
        pre_root,
        post_root: ledger.root(),
        receipts_root: receipts.root(),
        receipts: 3,
        program_registry_root: fr(1234),
        window: (1_700_000_000, 1_700_000_600),
    };
    assert!(Op::ALL.iter().all(|op| slots.iter().any(|slot| slot.op == *op)), "every operation occurs");
    Batch { statement, slots }
}

fn end(ledger: &mut Ledger, receipts: &mut ReceiptTree, slots: &mut Vec<Slot>, body: Fr) {
    let (log, auth) = (ledger.log(), ledger.auth());
    slots.extend(ledger.finish().0);
    slots.push(receipts.append(log, body, auth).unwrap());
}

/// A contract is created and gets its receipt: three operations.
pub(crate) fn short_batch() -> Batch {
    let all = batch();
    let at = all.slots.iter().position(|slot| slot.op == Op::LinkContract).unwrap();
    let mut slots: Vec<Slot> = all.slots[at..at + 2].to_vec();
    let start = Registers::start(all.statement.pre_root, fr(0));
    let end = slots.iter().try_fold(start, |r, slot| r.apply(slot)).unwrap();
    let mut receipts = ReceiptTree::default();
    slots.push(receipts.append(end.log, fr(1), end.auth).unwrap());
    let (post_root, receipts_root) = (end.network_root, receipts.root());
    Batch { statement: Statement { post_root, receipts_root, receipts: 1, ..all.statement }, slots }
}
