use ff::Field;
use thiserror::Error;

use crate::log::LogEntry;
use crate::{Domain, Fr, IndexedTree, Key, Op, Slot, TreeKind, empty_root, hash4};

/// What a proof carries from one operation to the next. All zero but the roots and the context between invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registers {
    /// Root of the network's contracts.
    pub network_root: Fr,
    /// Root of the batch's receipts so far.
    pub receipts_root: Fr,
    /// Number of receipts so far.
    pub receipts: u64,
    /// Key of the open contract; zero if none is.
    pub contract: Fr,
    /// What the open contract's entry says of its program and its secret.
    pub binding: Fr,
    /// State root of the open contract.
    pub state_root: Fr,
    /// Grants root of the open contract.
    pub grants_root: Fr,
    /// The tree with a half-done insertion, as [`TreeKind`]'s number; zero if there is none.
    pub pending_tree: u64,
    /// The key that is being inserted.
    pub pending_key: Fr,
    /// The key that follows it.
    pub pending_next: Fr,
    /// Host-call log of the running invocation.
    pub log: Fr,
    /// Grants that it used.
    pub auth: Fr,
    /// Root of the network when the running invocation began.
    pub initial_root: Fr,
    /// Digest of the batch's statement; constant.
    pub context: Fr,
}

/// Why an operation cannot follow. A proof of it cannot exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Violation {
    /// The opened leaf does not lead to the current root.
    #[error("the path does not lead to the current root")]
    Path,
    /// The opened leaf is not the key's.
    #[error("the opened leaf belongs to another key")]
    Key,
    /// The opened leaf does not hold the value.
    #[error("the opened leaf holds another value")]
    Value,
    /// The opened leaf does not enclose the key.
    #[error("the opened leaf does not prove the key absent")]
    Interval,
    /// The appended leaf has something in it already.
    #[error("the place of a new leaf is taken")]
    Occupied,
    /// An insertion is half done, or an append has no announcement.
    #[error("an insertion is half done or was not announced")]
    Pending,
    /// A contract is open that must not be, or another one is.
    #[error("the wrong contract is open")]
    Contract,
    /// The roots do not hash to the contract's entry.
    #[error("the roots are not those of the contract's entry")]
    Payload,
    /// The grant is revoked.
    #[error("the grant is revoked")]
    Revoked,
    /// The receipt is not the next one.
    #[error("the receipt is not the next leaf")]
    Order,
}

impl Registers {
    /// Number of registers.
    pub const COUNT: usize = 14;

    /// Between invocations, before the first receipt of a batch.
    pub fn start(network_root: Fr, context: Fr) -> Self {
        Self {
            network_root,
            receipts_root: empty_root(),
            receipts: 0,
            contract: Fr::ZERO,
            binding: Fr::ZERO,
            state_root: Fr::ZERO,
            grants_root: Fr::ZERO,
            pending_tree: 0,
            pending_key: Fr::ZERO,
            pending_next: Fr::ZERO,
            log: Fr::ZERO,
            auth: Fr::ZERO,
            initial_root: network_root,
            context,
        }
    }

    /// Between invocations, after the last receipt of a batch.
    pub fn end(network_root: Fr, receipts_root: Fr, receipts: u64, context: Fr) -> Self {
        Self { receipts_root, receipts, ..Self::start(network_root, context) }
    }

    /// Hiding commitment to the registers: `Registers`-tagged Poseidon over their 14 values in order of declaration,
    /// the first four, then three at a time behind the hash so far, then the salt and the last.
    pub fn commit(&self, salt: Fr) -> Fr {
        let [a, b, c, d, rest @ .., last] = self.to_fields();
        let head = hash4(Domain::Registers, [a, b, c, d]);
        let body = rest.chunks(3).fold(head, |hash, chunk| {
            let at = |i: usize| chunk.get(i).copied().unwrap_or_default();
            hash4(Domain::Registers, [hash, at(0), at(1), at(2)])
        });
        hash4(Domain::Registers, [body, salt, last, Fr::ZERO])
    }

    /// The values in order of declaration.
    pub fn to_fields(&self) -> [Fr; Self::COUNT] {
        [
            self.network_root,
            self.receipts_root,
            Fr::from(self.receipts),
            self.contract,
            self.binding,
            self.state_root,
            self.grants_root,
            Fr::from(self.pending_tree),
            self.pending_key,
            self.pending_next,
            self.log,
            self.auth,
            self.initial_root,
            self.context,
        ]
    }

    /// The registers after one operation: the reference for the circuit.
    ///
    /// # Errors
    /// [`Violation`], and then no proof of the operation exists.
    pub fn apply(&self, slot: &Slot) -> Result<Self, Violation> {
        if slot.op == Op::Nop {
            return Ok(*self);
        }
        let mut next = *self;
        let Some(tree) = slot.op.tree() else { return self.run(slot) };
        let announced = if slot.op.appends() { tree as u64 } else { 0 };
        if self.pending_tree != announced {
            return Err(Violation::Pending);
        }
        self.check_leaf(slot)?;
        self.check_contract(slot, &mut next)?;

        let fresh = slot.op.appends() || slot.op == Op::Receipt;
        let old = if fresh { Fr::ZERO } else { slot.old.hash() };
        let new = match slot.op {
            Op::Receipt => self.receipt_leaf(slot.payload[0]),
            _ => slot.new_leaf(self.pending_next).hash(),
        };
        let root = match tree {
            TreeKind::Network => &mut next.network_root,
            TreeKind::State => &mut next.state_root,
            TreeKind::Grants => &mut next.grants_root,
            TreeKind::Receipts => &mut next.receipts_root,
        };
        // Closing empties the open contract's registers; its roots went into the payload above.
        if slot.root_of(old) != *root {
            return Err(if fresh { Violation::Occupied } else { Violation::Path });
        }
        *root = slot.root_of(new);

        if slot.op.links() {
            (next.pending_tree, next.pending_key, next.pending_next) = (tree as u64, slot.key, slot.old.next);
        } else {
            (next.pending_tree, next.pending_key, next.pending_next) = (0, Fr::ZERO, Fr::ZERO);
        }
        match slot.op {
            Op::Receipt => {
                if u64::from(slot.index) != self.receipts {
                    return Err(Violation::Order);
                }
                (next.log, next.auth, next.receipts) = (Fr::ZERO, Fr::ZERO, self.receipts + 1);
                next.initial_root = self.network_root;
            }
            op if op.log_code() != 0 => next.log = log_step(self.log, op, slot.key, slot.logged_value()),
            _ => {}
        }
        if slot.op == Op::Grant {
            next.auth = auth_step(self.auth, slot.key, slot.payload[0]);
        }
        Ok(next)
    }

    /// A run of the open contract's program took place; if it failed, the invocation leaves nothing but its log and the grants that
    /// it used.
    fn run(&self, slot: &Slot) -> Result<Self, Violation> {
        if self.pending_tree != 0 {
            return Err(Violation::Pending);
        }
        if self.contract == Fr::ZERO {
            return Err(Violation::Contract);
        }
        let log = log_step(self.log, slot.op, slot.key, slot.value);
        let next = Self { log, pending_key: Fr::ZERO, pending_next: Fr::ZERO, ..*self };
        Ok(match slot.op {
            Op::Fail => Self { network_root: self.initial_root, ..next.closed() },
            _ => next,
        })
    }

    /// No contract is open.
    fn closed(self) -> Self {
        let (contract, binding) = (Fr::ZERO, Fr::ZERO);
        Self { contract, binding, state_root: Fr::ZERO, grants_root: Fr::ZERO, ..self }
    }

    /// The leaf of the receipt that ends the running invocation.
    pub fn receipt_leaf(&self, body: Fr) -> Fr {
        hash4(Domain::Receipt, [self.log, body, self.auth, Fr::ZERO])
    }

    fn check_leaf(&self, slot: &Slot) -> Result<(), Violation> {
        let old = &slot.old;
        match slot.op {
            Op::Nop | Op::Receipt | Op::Run | Op::Fail => Ok(()),
            Op::Open | Op::Read | Op::Grant | Op::Close | Op::Write | Op::WriteGrant => {
                if old.key != slot.key {
                    return Err(Violation::Key);
                }
                if matches!(slot.op, Op::Open | Op::Read | Op::Grant) && old.value != slot.value {
                    return Err(Violation::Value);
                }
                if slot.op == Op::Grant && slot.value == Fr::ZERO {
                    return Err(Violation::Revoked);
                }
                Ok(())
            }
            Op::Absent | Op::LinkContract | Op::Link | Op::LinkGrant => {
                if slot.op == Op::Absent && slot.value != Fr::ZERO {
                    return Err(Violation::Value);
                }
                encloses(old.key, slot.key, old.next).then_some(()).ok_or(Violation::Interval)
            }
            Op::AppendContract | Op::Append | Op::AppendGrant => {
                (slot.key == self.pending_key).then_some(()).ok_or(Violation::Pending)
            }
        }
    }

    fn check_contract(&self, slot: &Slot, next: &mut Self) -> Result<(), Violation> {
        let [state, grants, binding, salt] = slot.payload;
        match slot.op {
            Op::Open => {
                if self.contract != Fr::ZERO {
                    return Err(Violation::Contract);
                }
                if slot.value != contract_entry(state, grants, binding, salt) {
                    return Err(Violation::Payload);
                }
                (next.contract, next.state_root, next.grants_root, next.binding) =
                    (slot.key, state, grants, binding);
            }
            Op::Close => {
                if self.contract == Fr::ZERO || self.contract != slot.key {
                    return Err(Violation::Contract);
                }
                if slot.value != contract_entry(self.state_root, self.grants_root, self.binding, salt) {
                    return Err(Violation::Payload);
                }
                *next = next.closed();
            }
            Op::AppendContract => {
                let empty = IndexedTree::empty_root();
                if slot.value != contract_entry(empty, empty, binding, salt) {
                    return Err(Violation::Payload);
                }
            }
            Op::Receipt if self.contract != Fr::ZERO => return Err(Violation::Contract),
            _ => {}
        }
        Ok(())
    }
}

/// `Poseidon(Contract, state root, grants root, binding, salt)`: the value of a contract's leaf in its network.
pub(crate) fn contract_entry(state_root: Fr, grants_root: Fr, binding: Fr, salt: Fr) -> Fr {
    hash4(Domain::Contract, [state_root, grants_root, binding, salt])
}

/// `Poseidon(Log, log, operation, key, value)`
pub(crate) fn log_step(log: Fr, op: Op, key: Fr, value: Fr) -> Fr {
    LogEntry { code: op.log_code(), key, value }.after(log)
}

/// `Poseidon(Auth, auth, grant key, salt, 0)`
pub(crate) fn auth_step(auth: Fr, grant: Fr, salt: Fr) -> Fr {
    hash4(Domain::Auth, [auth, grant, salt, Fr::ZERO])
}

/// `before < key`, and `key < after` or `after` is zero; every one of them below 2^248.
fn encloses(before: Fr, key: Fr, after: Fr) -> bool {
    match (Key::from_field(&before), Key::from_field(&key), Key::from_field(&after)) {
        (Some(before), Some(key), Some(after)) => before < key && (key < after || after == Key::ZERO),
        _ => false,
    }
}
