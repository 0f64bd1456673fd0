//! Proofs that both verifiers accept, to be changed.

use std::sync::LazyLock;

use nectar_circuit::{Circuit, Statement};
use nectar_commitment::{Key, Ledger, ReceiptTree, Slot};
use nectar_prover::{ProverKey, prove, prove_phased};

use crate::claim::{Case, Claim, vectors};
use crate::dice::Dice;
use crate::layout::chunks;
use crate::tally::{Tally, tally_batch};

/// The key of all `small` vectors and of all fresh proofs.
pub(crate) static PROVER: LazyLock<ProverKey> =
    LazyLock::new(|| ProverKey::development(Circuit::new(1)).unwrap());

/// The key of all `phased-small` vectors, whose circuit has nothing to do with execution but its two phases.
pub(crate) static PHASED: LazyLock<ProverKey<Tally>> =
    LazyLock::new(|| ProverKey::development(Tally::new(4)).unwrap());

pub(crate) struct Sources {
    all: Vec<Case>,
    /// Two proofs of one statement.
    pub(crate) twins: [Case; 2],
}

impl Sources {
    pub(crate) fn of_state(dice: &mut Dice, chain_id: u64) -> Self {
        let (statement, slots) = batch(dice, chain_id);
        let twins = [(); 2].map(|()| fresh(&statement, &slots));
        let (statement, slots) = batch(dice, chain_id);
        let mut all: Vec<Case> = vectors("small").into_iter().map(|vector| vector.case).collect();
        all.extend(twins.clone());
        all.push(fresh(&statement, &slots));
        Self { all, twins }
    }

    /// For the development chain.
    pub(crate) fn of_two_phases() -> Self {
        let twins = [(); 2].map(|()| fresh_phased(3, |_| ()));
        let mut all: Vec<Case> = vectors("phased-small").into_iter().map(|vector| vector.case).collect();
        all.extend(twins.clone());
        all.push(fresh_phased(2, |_| ()));
        Self { all, twins }
    }

    pub(crate) fn all(&self) -> &[Case] {
        &self.all
    }

    pub(crate) fn any(&self, dice: &mut Dice) -> Case {
        dice.one_of(&self.all).clone()
    }

    /// One with at least two chunks.
    pub(crate) fn folded(&self, dice: &mut Dice) -> Case {
        let folded: Vec<&Case> = self.all.iter().filter(|case| chunks(&case.proof) > 1).collect();
        (*dice.one_of(&folded)).clone()
    }
}

/// A proof with blinds of its own.
pub(crate) fn fresh(statement: &Statement, slots: &[Slot]) -> Case {
    let (proof, _) = prove(&PROVER, statement, slots.iter().cloned(), &()).unwrap();
    Case { claim: Claim::of(statement), proof: proof.encode() }
}

/// A proof of two phases of so many chunks, with blinds of its own, for a statement that may be changed before.
pub(crate) fn fresh_phased(chunks: usize, change: impl FnOnce(&mut Statement)) -> Case {
    let (mut statement, values) = tally_batch(PHASED.circuit(), chunks);
    change(&mut statement);
    let (proof, _) = prove_phased(&PHASED, &statement, chunks, |chunk| values[chunk].clone(), &()).unwrap();
    Case { claim: Claim::of(&statement), proof: proof.encode() }
}

/// An invocation of a few random reads and writes, with its receipt.
pub(crate) fn batch(dice: &mut Dice, chain_id: u64) -> (Statement, Vec<Slot>) {
    let (mut ledger, mut receipts) = (Ledger::default(), ReceiptTree::default());
    let contract = Key::new(dice.bytes());
    ledger.create(contract, dice.scalar(), dice.scalar()).unwrap();
    ledger.finish();
    let pre_root = ledger.root();
    ledger.open(contract).unwrap();
    for _ in 0..=dice.below(3) {
        let key = Key::new(dice.bytes());
        if dice.below(2) == 0 {
            ledger.read(key).unwrap();
        } else {
            ledger.write(key, dice.scalar()).unwrap();
        }
    }
    ledger.close(dice.scalar()).unwrap();
    let (log, auth) = (ledger.log(), ledger.auth());
    let mut slots = ledger.finish().0;
    slots.push(receipts.append(log, dice.scalar(), auth).unwrap());
    let start = dice.number() >> 1;
    let statement = Statement {
        chain_id,
        network: dice.number(),
        batch: dice.number(),
        pre_root,
        post_root: ledger.root(),
        receipts_root: receipts.root(),
        receipts: 1,
        program_registry_root: dice.scalar(),
        window: (start, start + 600),
    };
    (statement, slots)
}
