// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Words} from "./Words.sol";

/// @dev Where the parts of a proof start. The byte format is in `folding-prover/DESIGN.md`.
/// @param chunks Number of chunks, k.
/// @param boundaries k + 1 scalars.
/// @param witnesses k points.
/// @param crossTerms k - 1 points.
/// @param randomW Random instance: commitment to its witness (a point) ...
/// @param randomE ... to its error term (a point) ...
/// @param randomU ... its scalar ...
/// @param randomX ... and its nine public inputs.
/// @param randomCrossTerm A point.
/// @param blindW Two scalars: the blinds of the folded witness commitment and error commitment.
/// @param oracles MicroSpartan: six points.
/// @param outer Three scalars a round.
/// @param outerClaims Four scalars.
/// @param inner Three scalars a round.
/// @param evaluations Fifteen scalars.
/// @param opening Mercury: eight points, six scalars.
struct Layout {
    uint256 chunks;
    uint256 boundaries;
    uint256 witnesses;
    uint256 crossTerms;
    uint256 randomW;
    uint256 randomE;
    uint256 randomU;
    uint256 randomX;
    uint256 randomCrossTerm;
    uint256 blindW;
    uint256 oracles;
    uint256 outer;
    uint256 outerClaims;
    uint256 inner;
    uint256 evaluations;
    uint256 opening;
}

/// @title Reads a proof's header and lays out the rest.
library LayoutLib {
    using Words for bytes;

    /// @dev "NPRF", version 2.
    uint256 private constant MAGIC = 0x4e50524602;
    uint256 private constant HEADER = 11;
    /// @dev As in the Rust verifier.
    uint256 private constant MAX_CHUNKS = 4096;
    /// @dev Public inputs of a chunk.
    uint256 private constant INPUTS = 9;

    /// @notice The layout of a proof for a circuit with this many rounds; its length, header and scalars are checked.
    function read(bytes calldata proof, uint256 outerRounds, uint256 innerRounds)
        internal
        pure
        returns (Layout memory parts)
    {
        if (proof.length < HEADER) revert INovaVerifier.BadLength(HEADER, proof.length);
        uint256 header = proof.word(0) >> (256 - 8 * HEADER);
        uint256 rounds = (outerRounds << 8) | innerRounds;
        if (header >> 32 != (MAGIC << 16) | rounds) revert INovaVerifier.BadHeader();
        uint256 k = header & 0xffffffff;
        if (k == 0 || k > MAX_CHUNKS) revert INovaVerifier.BadChunks(k);

        // Nothing overflows: k is small, the rounds are the key's.
        unchecked {
            parts.chunks = k;
            parts.boundaries = HEADER;
            parts.witnesses = parts.boundaries + 32 * (k + 1);
            parts.crossTerms = parts.witnesses + 64 * k;
            parts.randomW = parts.crossTerms + 64 * (k - 1);
            parts.randomE = parts.randomW + 64;
            parts.randomU = parts.randomE + 64;
            parts.randomX = parts.randomU + 32;
            parts.randomCrossTerm = parts.randomX + 32 * INPUTS;
            parts.blindW = parts.randomCrossTerm + 64;
            parts.oracles = parts.blindW + 64;
            parts.outer = parts.oracles + 6 * 64;
            parts.outerClaims = parts.outer + 96 * outerRounds;
            parts.inner = parts.outerClaims + 4 * 32;
            parts.evaluations = parts.inner + 96 * innerRounds;
            parts.opening = parts.evaluations + 15 * 32;
        }
        uint256 end = parts.opening + 8 * 64 + 6 * 32;
        if (proof.length != end) revert INovaVerifier.BadLength(end, proof.length);

        proof.requireReduced(parts.boundaries, parts.witnesses);
        proof.requireReduced(parts.randomU, parts.randomCrossTerm);
        proof.requireReduced(parts.blindW, parts.oracles);
        proof.requireReduced(parts.outer, parts.opening);
        proof.requireReduced(parts.opening + 8 * 64, end);
    }
}
