use nectar_circuit::Statement;
use nectar_commitment::{Fr, Key, Ledger, LedgerError, ReceiptTree, Slot};
use nectar_prover::{ProverKey, Timings, prove};
use nectar_verifier::Proof;

use crate::error::CliError;
use crate::progress::Progress;

/// Fewest operations of a batch: a contract opened, closed, and a receipt.
pub(crate) const MIN_OPERATIONS: u32 = 3;

/// A batch that nobody asked for, as real ones look to prover and chain.
#[derive(Debug, Clone)]
pub(super) struct Synthetic {
    pub(super) statement: Statement,
    pub(super) slots: Vec<Slot>,
}

/// Where and when it settles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) chain_id: u64,
    pub(super) network: u64,
    pub(super) window: (u64, u64),
}

impl Synthetic {
    /// One invocation in exactly this many operations: it writes new keys, and ends with a receipt.
    pub(super) fn new(operations: usize, place: Place) -> Result<Self, CliError> {
        Self::made(operations, place).map_err(|e| CliError::failed("making a batch")(e))
    }

    fn made(operations: usize, place: Place) -> Result<Self, Box<dyn std::error::Error>> {
        let (mut ledger, mut receipts) = (Ledger::default(), ReceiptTree::default());
        ledger.create(key(0), Fr::from(1), Fr::from(2))?;
        ledger.finish();
        let pre_root = ledger.root();
        ledger.open(key(0))?;
        fill(&mut ledger, operations.saturating_sub(2))?;
        ledger.close(Fr::from(3))?;
        let (log, auth) = (ledger.log(), ledger.auth());
        let mut slots = ledger.finish().0;
        slots.push(receipts.append(log, Fr::from(4), auth)?);
        let statement = Statement {
            chain_id: place.chain_id,
            network: place.network,
            batch: 1,
            pre_root,
            post_root: ledger.root(),
            receipts_root: receipts.root(),
            receipts: 1,
            program_registry_root: Fr::default(),
            window: place.window,
        };
        Ok(Self { statement, slots })
    }

    /// Proves it, and reads the proof back from its bytes.
    pub(super) fn prove(
        self,
        keys: &ProverKey,
        progress: &Progress,
    ) -> Result<(Proof, Vec<u8>, Timings), CliError> {
        let failed = |e: Box<dyn std::error::Error>| CliError::failed("proving")(e);
        let (proof, timings) =
            prove(keys, &self.statement, self.slots.into_iter(), progress).map_err(|e| failed(e.into()))?;
        let bytes = proof.encode();
        Ok((Proof::decode(&bytes).map_err(|e| failed(e.into()))?, bytes, timings))
    }
}

/// Operations on new keys until there are so many. A new key takes two: the link to it, and its leaf.
fn fill(ledger: &mut Ledger, operations: usize) -> Result<(), LedgerError> {
    for n in 0.. {
        match operations.saturating_sub(ledger.slots().len()) {
            0 => break,
            1 => drop(ledger.read(key(n))?),
            _ => ledger.write(key(n), Fr::from(5))?,
        }
    }
    Ok(())
}

/// Keys are never zero.
fn key(n: u32) -> Key {
    let mut bytes = [7; 31];
    bytes.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
    Key::new(bytes)
}

#[cfg(test)]
mod tests {
    use nectar_commitment::Registers;

    use super::*;

    #[test]
    fn a_batch_has_as_many_operations_as_asked_for_and_leads_to_its_roots() {
        let place = Place { chain_id: 1, network: 2, window: (3, 4) };
        for operations in [usize::try_from(MIN_OPERATIONS).unwrap(), 4, 5, 16, 128] {
            let Synthetic { statement, slots } = Synthetic::new(operations, place).unwrap();
            assert_eq!(slots.len(), operations);
            let context = statement.digest();
            let mut registers = Registers::start(statement.pre_root, context);
            for slot in &slots {
                registers = registers.apply(slot).unwrap();
            }
            let end = Registers::end(statement.post_root, statement.receipts_root, 1, context);
            assert!(registers == end, "{operations}");
        }
    }
}
