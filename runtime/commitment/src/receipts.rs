use ff::Field;

use crate::{Domain, Fr, Op, Siblings, Slot, Tree, TreeError, hash4};

/// The receipts of one batch: turns each invocation's end into the operation that a proof needs.
#[derive(Debug, Default)]
pub struct ReceiptTree {
    tree: Tree,
}

impl ReceiptTree {
    /// Root over the receipts so far.
    pub fn root(&self) -> Fr {
        self.tree.root()
    }

    /// Number of receipts so far.
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The path of a receipt, to prove that it is in the batch.
    pub fn siblings(&self, index: usize) -> Siblings {
        self.tree.siblings(index)
    }

    /// Appends a receipt.
    ///
    /// # Errors
    /// [`TreeError::Full`]
    pub fn append(&mut self, log: Fr, body: Fr, auth: Fr) -> Result<Slot, TreeError> {
        let index = self.tree.len();
        let siblings = self.tree.siblings(index);
        if !self.tree.set(index, receipt_leaf(log, body, auth)) {
            return Err(TreeError::Full);
        }
        let index = u32::try_from(index).map_err(|_| TreeError::Full)?;
        Ok(Slot { index, siblings, payload: [body, Fr::ZERO, Fr::ZERO, Fr::ZERO], ..Slot::new(Op::Receipt) })
    }
}

/// `Poseidon(Receipt, log, body, auth, 0)`: a receipt's leaf.
pub fn receipt_leaf(log: Fr, body: Fr, auth: Fr) -> Fr {
    hash4(Domain::Receipt, [log, body, auth, Fr::ZERO])
}
