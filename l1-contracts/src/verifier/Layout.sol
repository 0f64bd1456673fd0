// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Words} from "./Words.sol";

/// @dev Where the parts of a proof start. The byte format is in `folding-prover/DESIGN.md`.
/// @param chunks Number of chunks, k.
/// @param boundaries k + 1 scalars.
/// @param witnesses k points; with two phases, those of the first.
/// @param secondPhase With two phases, k points more.
/// @param crossTerms k - 1 points.
/// @param random Random instance: commitment to its witness (a point; with two phases, two) ...
/// @param randomE ... to its error term (a point) ...
/// @param randomU ... its scalar ...
/// @param randomX ... and its nine public inputs.
/// @param randomCrossTerm A point.
/// @param blinds The blinds of the folded witness and error commitments; with two phases, of the folded second phase, too.
/// @param shift With two phases: the second phase moved down, and the quotient that shows it (two points).
/// @param argument MicroSpartan's; the rest of the proof.
struct Layout {
    uint256 chunks;
    uint256 boundaries;
    uint256 witnesses;
    uint256 secondPhase;
    uint256 crossTerms;
    uint256 random;
    uint256 randomE;
    uint256 randomU;
    uint256 randomX;
    uint256 randomCrossTerm;
    uint256 blinds;
    uint256 shift;
    uint256 argument;
}

/// @dev Where the parts of MicroSpartan's argument start, from its own start.
/// @param outer Three scalars a round.
/// @param outerClaims Four scalars.
/// @param inner Three scalars a round.
/// @param evaluations Fifteen scalars.
/// @param opening Mercury: eight points, six scalars.
struct ArgumentLayout {
    uint256 outer;
    uint256 outerClaims;
    uint256 inner;
    uint256 evaluations;
    uint256 opening;
}

/// @title Reads a proof's header and lays out the rest.
library LayoutLib {
    using Words for bytes;

    /// @dev "NPRF", version 3.
    uint256 private constant MAGIC = 0x4e50524603;
    uint256 private constant HEADER = 12;
    /// @dev As in the Rust verifier.
    uint256 private constant MAX_CHUNKS = 4096;
    /// @dev Public inputs of a chunk.
    uint256 private constant INPUTS = 9;
    /// @dev Six points, with which the argument starts.
    uint256 private constant ORACLES = 6 * 64;

    /// @notice The layout of a proof of this kind for a circuit with this many rounds; its length, header and scalars
    /// are checked, the argument's among them.
    function read(bytes calldata proof, INovaVerifier.Kind kind, uint256 outerRounds, uint256 innerRounds)
        internal
        pure
        returns (Layout memory parts)
    {
        uint256 k = chunks(proof, kind, outerRounds, innerRounds);
        // Points a witness has.
        uint256 phases = uint256(kind);
        // Nothing overflows: k is small.
        unchecked {
            parts.chunks = k;
            parts.boundaries = HEADER;
            parts.witnesses = HEADER + 32 * (k + 1);
            parts.secondPhase = parts.witnesses + 64 * k;
            parts.crossTerms = parts.witnesses + 64 * k * phases;
            parts.random = parts.crossTerms + 64 * (k - 1);
            parts.randomE = parts.random + 64 * phases;
            parts.randomU = parts.randomE + 64;
            parts.randomX = parts.randomU + 32;
            parts.randomCrossTerm = parts.randomX + 32 * INPUTS;
            parts.blinds = parts.randomCrossTerm + 64;
            parts.shift = parts.blinds + 32 * (phases + 1);
            parts.argument = parts.shift + 128 * (phases - 1);
        }
        ArgumentLayout memory argument = argumentParts(outerRounds, innerRounds);
        uint256 scalars = parts.argument + argument.opening + 8 * 64;
        uint256 end = scalars + 6 * 32;
        if (proof.length != end) revert INovaVerifier.BadLength(end, proof.length);

        proof.requireReduced(parts.boundaries, parts.witnesses);
        proof.requireReduced(parts.randomU, parts.randomCrossTerm);
        proof.requireReduced(parts.blinds, parts.shift);
        proof.requireReduced(parts.argument + argument.outer, parts.argument + argument.opening);
        proof.requireReduced(scalars, end);
    }

    /// @notice The layout of the argument for a circuit with this many rounds.
    function argumentParts(uint256 outerRounds, uint256 innerRounds)
        internal
        pure
        returns (ArgumentLayout memory parts)
    {
        // Nothing overflows: rounds are the key's.
        unchecked {
            parts.outer = ORACLES;
            parts.outerClaims = parts.outer + 96 * outerRounds;
            parts.inner = parts.outerClaims + 4 * 32;
            parts.evaluations = parts.inner + 96 * innerRounds;
            parts.opening = parts.evaluations + 15 * 32;
        }
    }

    /// @dev The number of chunks, from the header.
    function chunks(bytes calldata proof, INovaVerifier.Kind kind, uint256 outerRounds, uint256 innerRounds)
        private
        pure
        returns (uint256 k)
    {
        if (proof.length < HEADER) revert INovaVerifier.BadLength(HEADER, proof.length);
        uint256 header = proof.word(0) >> (256 - 8 * HEADER);
        uint256 circuit = (uint256(kind) << 16) | (outerRounds << 8) | innerRounds;
        if (header >> 32 != (MAGIC << 24) | circuit) revert INovaVerifier.BadHeader();
        k = header & 0xffffffff;
        if (k == 0 || k > MAX_CHUNKS) revert INovaVerifier.BadChunks(k);
    }
}
