// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point, Point2} from "./Curve.sol";
import {Instance} from "./Fold.sol";
import {Fr} from "./Fr.sol";
import {MicroSpartan} from "./MicroSpartan.sol";
import {Shift} from "./Phases.sol";
import {ArgumentKey} from "./VerifierKey.sol";

/// @title Checks MicroSpartan's argument for the instance that `NovaVerifier` folded.
/// @dev The second half of a verifier: 24,576 bytes of code do not hold both. A `NovaVerifier` makes its own in its
/// constructor, so that there is no address to link and none to compare. It has read the key and the proof: whoever else
/// calls must see to it that lengths fit and scalars are reduced.
contract MicroSpartanVerifier {
    uint256 private immutable _transcript;
    uint256 private immutable _outerRounds;
    uint256 private immutable _variables;
    uint256 private immutable _innerRounds;
    bool private immutable _twoPhases;
    uint256 private immutable _tau0;
    uint256 private immutable _tau1;
    uint256 private immutable _tau2;
    uint256 private immutable _tau3;
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

    /// @param key What a `NovaVerifier` read.
    constructor(ArgumentKey memory key) {
        _transcript = Fr.unwrap(key.transcript);
        (_outerRounds, _variables, _innerRounds) = (key.outerRounds, key.variables, key.innerRounds);
        _twoPhases = key.twoPhases;
        (_tau0, _tau1) = (key.tau.xImaginary, key.tau.xReal);
        (_tau2, _tau3) = (key.tau.yImaginary, key.tau.yReal);
        (_rowX, _rowY) = (key.row.x, key.row.y);
        (_colX, _colY) = (key.col.x, key.col.y);
        (_aX, _aY) = (key.a.x, key.a.y);
        (_bX, _bY) = (key.b.x, key.b.y);
        (_cX, _cY) = (key.c.x, key.c.y);
        (_rowCountsX, _rowCountsY) = (key.rowCounts.x, key.rowCounts.y);
        (_colCountsX, _colCountsY) = (key.colCounts.x, key.colCounts.y);
    }

    /// @notice Reverts unless the argument holds for the instance and, with two phases, the shift's equation holds.
    function check(Instance memory instance, Shift memory shift, bytes calldata argument) external view {
        MicroSpartan.check(_key(), instance, shift, argument);
    }

    function _key() private view returns (ArgumentKey memory) {
        return ArgumentKey({
            transcript: Fr.wrap(_transcript),
            outerRounds: _outerRounds,
            variables: _variables,
            innerRounds: _innerRounds,
            twoPhases: _twoPhases,
            tau: Point2(_tau0, _tau1, _tau2, _tau3),
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
