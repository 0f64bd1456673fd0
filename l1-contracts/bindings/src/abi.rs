//! What the Solidity compiler says of the contracts, from the committed artifacts.

/// `DspRegistry.sol`.
pub(crate) mod registry {
    alloy::sol!(DspRegistry, "../artifacts/DspRegistry.json");
}

/// `Rollup.sol`.
pub(crate) mod rollup {
    alloy::sol!(Rollup, "../artifacts/Rollup.json");
}

/// `verifier/NovaVerifier.sol`.
pub(crate) mod verifier {
    alloy::sol!(NovaVerifier, "../artifacts/NovaVerifier.json");
}
