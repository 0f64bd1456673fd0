// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Curve, Point, Point2, Sum} from "./Curve.sol";
import {Fr, R} from "./Fr.sol";

/// @dev What a verifier knows of the circuit and the setup.
/// @param digest keccak256 of the key's bytes.
/// @param kind What the circuit shows.
/// @param firstPhase Number of the variables before those of the second phase; zero if there is one phase.
/// @param hiding The generator of blinds.
/// @param argument What MicroSpartan's argument needs.
struct VerifierKey {
    bytes32 digest;
    INovaVerifier.Kind kind;
    uint256 firstPhase;
    Point hiding;
    ArgumentKey argument;
}

/// @dev What MicroSpartan's argument needs.
/// @param transcript What its transcript starts with: nova-snark's own digest of its key.
/// @param outerRounds Logarithm of the padded number of constraints.
/// @param variables Logarithm of the padded number of variables.
/// @param innerRounds Logarithm of the padded number of nonzeros.
/// @param twoPhases Whether the last pairing checks the second phase's shift, too.
/// @param tau Tau times the generator of the second group.
/// @param row Commitment to the matrices' row indices.
/// @param col To their column indices.
/// @param a To the values of A.
/// @param b To the values of B.
/// @param c To the values of C.
/// @param rowCounts To the numbers of reads of each row.
/// @param colCounts To the numbers of reads of each column.
struct ArgumentKey {
    Fr transcript;
    uint256 outerRounds;
    uint256 variables;
    uint256 innerRounds;
    bool twoPhases;
    Point2 tau;
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

    uint256 private constant LENGTH = 690;
    /// @dev Magic, version, setup, kind, slots, variables of the first phase, three sizes.
    uint256 private constant HEADER = 18;
    /// @dev "NVKY", version 3.
    uint256 private constant MAGIC = 0x4e564b5903;
    /// @dev As in the Rust verifier.
    uint256 private constant MAX_ROUNDS = 28;
    /// @dev keccak256 of the development setup's tau, as it stands in a key.
    bytes32 private constant DEVELOPMENT_TAU =
        0x0f016661d923854cfb71d9be123f24145fc6514f038a0307a9cdeb56f78664a0;

    /// @notice A key from its bytes, and whether it comes from the development setup.
    function decode(bytes memory data) internal view returns (VerifierKey memory key, bool development) {
        if (data.length != LENGTH) revert INovaVerifier.BadKey();
        uint256 header = word(data, 0) >> (256 - 8 * HEADER);
        if (header >> 104 != MAGIC) revert INovaVerifier.BadKey();
        readCircuit(key, header);
        key.digest = keccak256(data);

        ArgumentKey memory argument = key.argument;
        uint256 from = HEADER;
        // Real parts come first in a key, imaginary ones in the precompile.
        argument.tau =
            Point2(word(data, from + 32), word(data, from), word(data, from + 96), word(data, from + 64));
        bytes32 tau = keccak256(
            abi.encode(word(data, from), word(data, from + 32), word(data, from + 64), word(data, from + 96))
        );
        development = tau == DEVELOPMENT_TAU;
        uint256 setup = uint8(header >> 96);
        if (setup > 1 || development != (setup == 0)) revert INovaVerifier.BadKey();

        key.hiding = point(data, from + 128);
        argument.row = point(data, from + 192);
        argument.col = point(data, from + 256);
        argument.a = point(data, from + 320);
        argument.b = point(data, from + 384);
        argument.c = point(data, from + 448);
        argument.rowCounts = point(data, from + 512);
        argument.colCounts = point(data, from + 576);
        uint256 transcript = word(data, from + 640);
        if (transcript >= R) revert INovaVerifier.BadKey();
        argument.transcript = Fr.wrap(transcript);
        // The pairing of identities tells whether tau is a point of its group; it must not be the identity either.
        bool inGroup = Curve.pairsEqually(Point(0, 0), Point(0, 0), argument.tau);
        if (!inGroup || (argument.tau.xReal | argument.tau.xImaginary) == 0) revert INovaVerifier.BadKey();
    }

    /// @dev Kind and sizes.
    function readCircuit(VerifierKey memory key, uint256 header) private pure {
        ArgumentKey memory argument = key.argument;
        (argument.outerRounds, argument.variables) = (uint8(header >> 16), uint8(header >> 8));
        argument.innerRounds = uint8(header);
        bool sizes = argument.outerRounds > 0 && argument.outerRounds <= argument.innerRounds
            && argument.innerRounds <= MAX_ROUNDS && argument.variables >= 5
            && argument.variables < argument.innerRounds;
        uint256 slots = uint32(header >> 56);
        if (!sizes || slots == 0) revert INovaVerifier.BadKey();

        uint256 kind = uint8(header >> 88);
        key.firstPhase = uint32(header >> 24);
        argument.twoPhases = kind == uint256(INovaVerifier.Kind.Execution);
        if (!argument.twoPhases && kind != uint256(INovaVerifier.Kind.State)) revert INovaVerifier.BadKey();
        key.kind = INovaVerifier.Kind(kind);
        // Both phases have variables, or there is but one phase.
        bool phases = argument.twoPhases
            ? key.firstPhase > 0 && key.firstPhase < 1 << argument.variables
            : key.firstPhase == 0;
        if (!phases) revert INovaVerifier.BadKey();
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
