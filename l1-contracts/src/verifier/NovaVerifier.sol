// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Point, Point2} from "./Curve.sol";
import {Fold, Instance} from "./Fold.sol";
import {Fr, R} from "./Fr.sol";
import {Layout, LayoutLib} from "./Layout.sol";
import {MicroSpartan} from "./MicroSpartan.sol";
import {VerifierKey, VerifierKeyLib} from "./VerifierKey.sol";

/// @title Verifies the folded proof of a batch: nothing is taken from the prover's word.
/// @dev Lays out the proof, repeats the fold of its chunks (`Fold`), then checks MicroSpartan's argument for the folded
/// instance (`MicroSpartan`, `Mercury`). The key is part of the code: there is nobody who could change it.
contract NovaVerifier is INovaVerifier {
    /// @inheritdoc INovaVerifier
    bytes32 public immutable keyDigest;
    /// @inheritdoc INovaVerifier
    bool public immutable isDevelopment;

    uint256 private immutable _transcript;
    uint256 private immutable _outerRounds;
    uint256 private immutable _variables;
    uint256 private immutable _innerRounds;
    uint256 private immutable _tau0;
    uint256 private immutable _tau1;
    uint256 private immutable _tau2;
    uint256 private immutable _tau3;
    uint256 private immutable _hidingX;
    uint256 private immutable _hidingY;
    uint256 private immutable _rowX;
    uint256 private immutable _rowY;
    uint256 private immutable _colX;
    uint256 private immutable _colY;
    uint256 private immutable _aX;
    uint256 private immutable _aY;
    uint256 private immutable _bX;
    uint256 private immutable _bY;
    uint256 private immutable _cX;
    uint256 private immutable _cY;
    uint256 private immutable _rowCountsX;
    uint256 private immutable _rowCountsY;
    uint256 private immutable _colCountsX;
    uint256 private immutable _colCountsY;

    /// @param encodedKey The verifier key's bytes.
    constructor(bytes memory encodedKey) {
        (VerifierKey memory key, bool development) = VerifierKeyLib.decode(encodedKey);
        keyDigest = key.digest;
        isDevelopment = development;
        _transcript = Fr.unwrap(key.transcript);
        (_outerRounds, _variables, _innerRounds) = (key.outerRounds, key.variables, key.innerRounds);
        (_tau0, _tau1) = (key.tau.xImaginary, key.tau.xReal);
        (_tau2, _tau3) = (key.tau.yImaginary, key.tau.yReal);
        (_hidingX, _hidingY) = (key.hiding.x, key.hiding.y);
        (_rowX, _rowY) = (key.row.x, key.row.y);
        (_colX, _colY) = (key.col.x, key.col.y);
        (_aX, _aY) = (key.a.x, key.a.y);
        (_bX, _bY) = (key.b.x, key.b.y);
        (_cX, _cY) = (key.c.x, key.c.y);
        (_rowCountsX, _rowCountsY) = (key.rowCounts.x, key.rowCounts.y);
        (_colCountsX, _colCountsY) = (key.colCounts.x, key.colCounts.y);
        _requireFittingChain(development);
    }

    /// @inheritdoc INovaVerifier
    function verify(Statement calldata statement, bytes calldata proof) external view {
        // A chain may fork and take another id.
        _requireFittingChain(isDevelopment);
        _requireReduced(statement);
        VerifierKey memory key = _key();
        Layout memory parts = LayoutLib.read(proof, key.outerRounds, key.innerRounds);
        Instance memory folded = Fold.instance(key, statement, proof, parts);
        MicroSpartan.check(key, folded, proof, parts);
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

    function _key() private view returns (VerifierKey memory) {
        return VerifierKey({
            digest: keyDigest,
            transcript: Fr.wrap(_transcript),
            outerRounds: _outerRounds,
            variables: _variables,
            innerRounds: _innerRounds,
            tau: Point2(_tau0, _tau1, _tau2, _tau3),
            hiding: Point(_hidingX, _hidingY),
            row: Point(_rowX, _rowY),
            col: Point(_colX, _colY),
            a: Point(_aX, _aY),
            b: Point(_bX, _bY),
            c: Point(_cX, _cY),
            rowCounts: Point(_rowCountsX, _rowCountsY),
            colCounts: Point(_colCountsX, _colCountsY)
        });
    }
}
