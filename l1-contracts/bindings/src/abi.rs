//! What the Solidity compiler says of the contracts, from the committed artifacts.

/// `DspRegistry.sol`.
pub(crate) mod registry {
    alloy::sol!(DspRegistry, "../artifacts/DspRegistry.json");
}

/// `AttestedRollup.sol`.
pub(crate) mod rollup {
    alloy::sol!(AttestedRollup, "../artifacts/AttestedRollup.json");
}
