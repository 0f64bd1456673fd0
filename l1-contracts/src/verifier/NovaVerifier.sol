// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Point} from "./Curve.sol";
import {Fold, FoldKey, Instance} from "./Fold.sol";
import {R} from "./Fr.sol";
import {Layout, LayoutLib} from "./Layout.sol";
import {MicroSpartanVerifier} from "./MicroSpartanVerifier.sol";
import {Shift} from "./Phases.sol";
import {VerifierKey, VerifierKeyLib} from "./VerifierKey.sol";

/// @title Verifies the folded proof of a batch: nothing is taken from the prover's word.
/// @dev Lays out the proof, repeats the fold of its chunks (`Fold`), then has MicroSpartan's argument for the folded
/// instance checked (`MicroSpartanVerifier`). The key is part of the code of both: there is nobody who could change it.
contract NovaVerifier is INovaVerifier {
    /// @inheritdoc INovaVerifier
    Kind public immutable kind;
    /// @inheritdoc INovaVerifier
    bytes32 public immutable keyDigest;
    /// @inheritdoc INovaVerifier
    bool public immutable isDevelopment;
    /// @notice The other half of this verifier. It was made here, from the same key.
    MicroSpartanVerifier public immutable argument;

    uint256 private immutable _firstPhase;
    uint256 private immutable _outerRounds;
    uint256 private immutable _innerRounds;
    uint256 private immutable _hidingX;
    uint256 private immutable _hidingY;

    /// @param encodedKey The verifier key's bytes.
    constructor(bytes memory encodedKey) {
        (VerifierKey memory key, bool development) = VerifierKeyLib.decode(encodedKey);
        _requireFittingChain(development);
        kind = key.kind;
        keyDigest = key.digest;
        isDevelopment = development;
        _firstPhase = key.firstPhase;
        (_outerRounds, _innerRounds) = (key.argument.outerRounds, key.argument.innerRounds);
        (_hidingX, _hidingY) = (key.hiding.x, key.hiding.y);
        argument = new MicroSpartanVerifier(key.argument);
    }

    /// @inheritdoc INovaVerifier
    function verify(Statement calldata statement, bytes calldata proof) external view {
        // A chain may fork and take another id.
        _requireFittingChain(isDevelopment);
        _requireReduced(statement);
        Layout memory parts = LayoutLib.read(proof, kind, _outerRounds, _innerRounds);
        FoldKey memory key = FoldKey(keyDigest, _firstPhase, Point(_hidingX, _hidingY));
        (Instance memory folded, Shift memory shift) = Fold.instance(key, statement, proof, parts);
        argument.check(folded, shift, proof[parts.argument:]);
    }

    /// @dev Development chains: that of anvil and of Nectar's own (31337), and that of geth's and reth's development
    /// modes (1337).
    function _requireFittingChain(bool development) private view {
        if (development && block.chainid != 31337 && block.chainid != 1337) {
            revert DevelopmentKey(block.chainid);
        }
    }

    /// @dev Else one root would have several names, and a batch could start from none of them.
    function _requireReduced(Statement calldata statement) private pure {
        // Offsets in `abi.encode(statement)`.
        if (uint256(statement.preRoot) >= R) revert NotReduced(64);
        if (uint256(statement.postRoot) >= R) revert NotReduced(96);
        if (uint256(statement.receiptsRoot) >= R) revert NotReduced(128);
        if (uint256(statement.programRoot) >= R) revert NotReduced(192);
    }
}
