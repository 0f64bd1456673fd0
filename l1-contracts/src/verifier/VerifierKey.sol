// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Curve, Point, Point2, Sum} from "./Curve.sol";
import {Fr, R} from "./Fr.sol";

/// @dev What a verifier knows of the circuit and the setup.
/// @param digest keccak256 of the key's bytes.
/// @param transcript What MicroSpartan's transcript starts with: nova-snark's own digest of its key.
/// @param outerRounds Logarithm of the padded number of constraints.
/// @param variables Logarithm of the padded number of variables.
/// @param innerRounds Logarithm of the padded number of nonzeros.
/// @param tau Tau times the generator of the second group.
/// @param hiding The generator of blinds.
/// @param row Commitment to the matrices' row indices.
/// @param col To their column indices.
/// @param a To the values of A.
/// @param b To the values of B.
/// @param c To the values of C.
/// @param rowCounts To the numbers of reads of each row.
/// @param colCounts To the numbers of reads of each column.
struct VerifierKey {
    bytes32 digest;
    Fr transcript;
    uint256 outerRounds;
    uint256 variables;
    uint256 innerRounds;
    Point2 tau;
    Point hiding;
    Point row;
    Point col;
    Point a;
    Point b;
    Point c;
    Point rowCounts;
    Point colCounts;
}

/// @title Reads a verifier key. The byte format is in `folding-prover/DESIGN.md`.
library VerifierKeyLib {
    using Curve for Sum;

    uint256 private constant LENGTH = 685;
    /// @dev "NVKY", version 2.
    uint256 private constant MAGIC = 0x4e564b5902;
    /// @dev As in the Rust verifier.
    uint256 private constant MAX_ROUNDS = 28;
    /// @dev keccak256 of the development setup's tau, as it stands in a key.
    bytes32 private constant DEVELOPMENT_TAU =
        0x0f016661d923854cfb71d9be123f24145fc6514f038a0307a9cdeb56f78664a0;

    /// @notice A key from its bytes, and whether it comes from the development setup.
    function decode(bytes memory data) internal view returns (VerifierKey memory key, bool development) {
        if (data.length != LENGTH || word(data, 0) >> 216 != MAGIC) revert INovaVerifier.BadKey();
        uint256 header = word(data, 0) >> 152;
        uint256 setup = uint8(header >> 56);
        key.outerRounds = uint8(header >> 16);
        key.variables = uint8(header >> 8);
        key.innerRounds = uint8(header);
        bool sizes = key.outerRounds > 0 && key.outerRounds <= key.innerRounds
            && key.innerRounds <= MAX_ROUNDS && key.variables >= 5 && key.variables < key.innerRounds;
        if (!sizes || uint32(header >> 24) == 0 || setup > 1) revert INovaVerifier.BadKey();

        // Real parts come first in a key, imaginary ones in the precompile.
        key.tau = Point2(word(data, 45), word(data, 13), word(data, 109), word(data, 77));
        development = keccak256(abi.encode(word(data, 13), word(data, 45), word(data, 77), word(data, 109)))
            == DEVELOPMENT_TAU;
        if (development != (setup == 0)) revert INovaVerifier.BadKey();

        key.hiding = point(data, 141);
        key.row = point(data, 205);
        key.col = point(data, 269);
        key.a = point(data, 333);
        key.b = point(data, 397);
        key.c = point(data, 461);
        key.rowCounts = point(data, 525);
        key.colCounts = point(data, 589);
        uint256 transcript = word(data, 653);
        if (transcript >= R) revert INovaVerifier.BadKey();
        key.transcript = Fr.wrap(transcript);
        key.digest = keccak256(data);
        // The pairing of identities tells whether tau is a point of its group; it must not be the identity either.
        bool tau = Curve.pairsEqually(Point(0, 0), Point(0, 0), key.tau);
        if (!tau || (word(data, 13) | word(data, 45)) == 0) revert INovaVerifier.BadKey();
    }

    function point(bytes memory data, uint256 offset) private view returns (Point memory p) {
        p = Point(word(data, offset), word(data, offset + 32));
        if ((p.x | p.y) == 0) revert INovaVerifier.BadKey();
        // Adding it checks that it is on the curve.
        Curve.zero().add(p);
    }

    function word(bytes memory data, uint256 offset) private pure returns (uint256 value) {
        // The length was checked.
        assembly ("memory-safe") {
            value := mload(add(add(data, 32), offset))
        }
    }
}
