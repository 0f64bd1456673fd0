use std::collections::BTreeSet;

use nectar_abi::{NetworkId, PublicKey};

use crate::gas;

/// How a node runs contracts.
#[derive(Debug, Clone)]
pub struct Config {
    /// The network: the store's.
    pub network: NetworkId,
    /// Bounds of this node.
    pub limits: Limits,
    /// Who may read every audit entry and grant, besides owners theirs.
    pub auditors: BTreeSet<PublicKey>,
    /// Who may upload modules and instantiate contracts; `None` lets anyone, up to the limits.
    pub owners: Option<BTreeSet<PublicKey>>,
}

impl Config {
    /// Default limits, no auditor, anyone may own contracts.
    pub const fn new(network: NetworkId) -> Self {
        Self { network, limits: Limits::DEFAULT, auditors: BTreeSet::new(), owners: None }
    }
}

/// Bounds of one node. What a contract's result depends on is not here but in constants, except for the gas limit,
/// which a contract sees only by running out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Gas of one invocation, composed calls included.
    pub gas: u64,
    /// Compiled modules in memory: about ten times the module's size each.
    pub compiled_modules: usize,
    /// Modules in the store.
    pub codes: usize,
    /// Contracts in the store.
    pub contracts: usize,
}

impl Limits {
    /// What a small node can bear.
    pub const DEFAULT: Self =
        Self { gas: gas::DEFAULT_LIMIT, compiled_modules: 32, codes: 256, contracts: 100_000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
