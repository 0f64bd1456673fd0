// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fr, R} from "./Fr.sol";
import {Transcript, TranscriptLib} from "./Transcript.sol";

/// @title Sum-checks with round polynomials of degree 3.
library SumCheck {
    using TranscriptLib for Transcript;

    /// @notice Reduces a claim about a sum to a claim about one value.
    /// @dev A round's polynomial `p` comes as its constant, quadratic and cubic coefficient; the linear one follows from
    /// `p(0) + p(1) = claim`. The next claim is `p(r)`.
    /// @param offset Where the rounds start in the proof: 96 bytes each.
    /// @return claimed The value at `point`.
    /// @return point The challenges.
    function reduce(
        Transcript memory transcript,
        Fr claim,
        uint256 rounds,
        bytes calldata proof,
        uint256 offset
    ) internal pure returns (Fr claimed, Fr[] memory point) {
        unchecked {
            point = new Fr[](rounds);
            claimed = claim;
            for (uint256 i = 0; i < rounds; ++i) {
                transcript.absorb("p", 1);
                transcript.absorb(proof, offset, 96);
                Fr r = transcript.squeeze("c", 1);
                claimed = evaluate(claimed, r, proof, offset);
                point[i] = r;
                offset += 96;
            }
        }
    }

    /// @dev `constant + r (linear + r (quadratic + r cubic))`, linear = claim - 2 constant - quadratic - cubic.
    function evaluate(Fr claim, Fr r, bytes calldata proof, uint256 offset) private pure returns (Fr value) {
        // In assembly because every round of every proof comes here.
        assembly ("memory-safe") {
            let from := add(proof.offset, offset)
            let constantTerm := calldataload(from)
            let quadratic := calldataload(add(from, 32))
            let cubic := calldataload(add(from, 64))
            // Plus 4 R: at most 5 R < 2^256.
            let linear := add(claim, shl(2, R))
            linear := sub(linear, add(add(constantTerm, constantTerm), add(quadratic, cubic)))
            value := addmod(quadratic, mulmod(r, cubic, R), R)
            value := addmod(linear, mulmod(r, value, R), R)
            value := addmod(constantTerm, mulmod(r, value, R), R)
        }
    }
}
