use nectar_commitment::{Domain, Fr, Registers};

use crate::builder::Builder;
use crate::lc::{Lc, Var};
use crate::poseidon::hash_of;

/// Number of registers.
pub(crate) const REGISTERS: usize = Registers::COUNT;

/// [`Registers`] as variables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RegisterVars {
    pub(crate) network_root: Var,
    pub(crate) receipts_root: Var,
    pub(crate) receipts: Var,
    pub(crate) contract: Var,
    pub(crate) binding: Var,
    pub(crate) state_root: Var,
    pub(crate) grants_root: Var,
    pub(crate) pending_tree: Var,
    pub(crate) pending_key: Var,
    pub(crate) pending_next: Var,
    pub(crate) log: Var,
    pub(crate) auth: Var,
    pub(crate) initial_root: Var,
    pub(crate) context: Var,
}

impl RegisterVars {
    pub(crate) fn alloc<B: Builder>(b: &mut B, registers: &Registers) -> Self {
        let [
            network_root,
            receipts_root,
            receipts,
            contract,
            binding,
            state_root,
            grants_root,
            pending_tree,
            pending_key,
            pending_next,
            log,
            auth,
            initial_root,
            context,
        ] = registers.to_fields().map(|value| b.alloc(value));
        Self {
            network_root,
            receipts_root,
            receipts,
            contract,
            binding,
            state_root,
            grants_root,
            pending_tree,
            pending_key,
            pending_next,
            log,
            auth,
            initial_root,
            context,
        }
    }

    /// In order of declaration.
    pub(crate) fn all(&self) -> [Var; REGISTERS] {
        [
            self.network_root,
            self.receipts_root,
            self.receipts,
            self.contract,
            self.binding,
            self.state_root,
            self.grants_root,
            self.pending_tree,
            self.pending_key,
            self.pending_next,
            self.log,
            self.auth,
            self.initial_root,
            self.context,
        ]
    }

    /// What [`Registers::commit`] computes.
    pub(crate) fn commit<B: Builder>(&self, b: &mut B, salt: Fr) -> Var {
        let salt = b.alloc(salt);
        let [r0, r1, r2, r3, rest @ .., last] = self.all();
        let head = hash_of(b, Domain::Registers, [r0, r1, r2, r3].map(Lc::from));
        let body = rest.chunks(3).fold(head, |hash, chunk| {
            let at = |i: usize| chunk.get(i).map(|var| Lc::from(*var)).unwrap_or_default();
            hash_of(b, Domain::Registers, [hash.into(), at(0), at(1), at(2)])
        });
        hash_of(b, Domain::Registers, [body.into(), salt.into(), last.into(), Lc::default()])
    }

    /// Requires the registers of a batch's boundary if `condition` is not zero: [`Registers::start`] with other roots.
    pub(crate) fn require_boundary<B: Builder>(
        &self,
        b: &mut B,
        condition: Var,
        network_root: Lc,
        receipts_root: Lc,
        receipts: Lc,
        context: Lc,
    ) {
        let initial_root = network_root.clone();
        let set = [
            (0, network_root),
            (1, receipts_root),
            (2, receipts),
            (REGISTERS - 2, initial_root),
            (REGISTERS - 1, context),
        ];
        for (i, register) in self.all().into_iter().enumerate() {
            let expected = set.iter().find(|(place, _)| *place == i).map(|(_, lc)| lc.clone());
            b.zero_if(condition.into(), || register - expected.unwrap_or_default());
        }
    }

    /// The values.
    pub(crate) fn values(&self) -> [Fr; REGISTERS] {
        self.all().map(|var| var.value)
    }
}
