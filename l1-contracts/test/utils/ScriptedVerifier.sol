// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../../src/interfaces/INovaVerifier.sol";

/// @dev Accepts the one statement with the one proof that it was told, and refuses everything else: so that a test
/// shows what the caller asked.
contract ScriptedVerifier is INovaVerifier {
    Kind public immutable kind;
    bytes32 public immutable keyDigest;
    bool public constant isDevelopment = true;
    bytes32 private _statement;
    bytes32 private _proof;

    constructor(Kind kind_, bytes32 keyDigest_) {
        kind = kind_;
        keyDigest = keyDigest_;
    }

    function accept(Statement calldata statement, bytes calldata proof) external {
        _statement = keccak256(abi.encode(statement));
        _proof = keccak256(proof);
    }

    /// @dev Different errors, so that a test can tell which of the two differed.
    function verify(Statement calldata statement, bytes calldata proof) external view {
        if (keccak256(proof) != _proof) revert BadLength(_proof.length, proof.length);
        if (keccak256(abi.encode(statement)) != _statement) revert OuterSumCheck();
    }
}
