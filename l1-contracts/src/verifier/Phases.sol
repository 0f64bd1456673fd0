// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Curve, Point, Sum} from "./Curve.sol";
import {Fr, FrLib, ZERO} from "./Fr.sol";
import {Layout} from "./Layout.sol";
import {Words} from "./Words.sol";

/// @dev A pairing equation, `e(left, G2) = e(quotient, tau G2)`: left is what opens to 0 at z, plus z times the
/// quotient. All zero if there is one phase.
/// @param point Hash of all but the quotient: z is its challenge.
struct Shift {
    bytes32 point;
    Point left;
    Point quotient;
}

/// @title Witnesses in two phases: `W = W1 + W2`, challenges between the two.
/// @dev The first phase holds what somebody chooses, the second what follows from it and from gamma and alpha. A prover
/// must not move the former by way of the latter: the folded second phase is `X^n V(X)`, n being the number of variables
/// before the second phase's. Shown at a point z: `W2*(X) - z^n V(X)` is 0 there. Source: `folding-prover/EXECUTION.md`.
library Phases {
    using Curve for Sum;
    using FrLib for Fr;
    using Words for bytes;

    /// @notice What stands in the context's place: `Keccak(3, context, chunks, commitments to all first phases)`.
    function first(bytes32 context, bytes calldata proof, Layout memory parts)
        internal
        pure
        returns (bytes32 digest)
    {
        uint256 k = parts.chunks;
        uint256 points = parts.witnesses;
        // `abi.encodePacked` of slices costs three times as much.
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore8(buffer, 3)
            mstore(add(buffer, 1), context)
            mstore(add(buffer, 33), shl(224, k))
            calldatacopy(add(buffer, 37), add(proof.offset, points), shl(6, k))
            digest := keccak256(buffer, add(37, shl(6, k)))
        }
    }

    /// @notice The challenges that every chunk's second phase is made with.
    function challenges(bytes32 first_) internal pure returns (Fr gamma, Fr alpha) {
        gamma = FrLib.fromHash(keccak256(abi.encodePacked(uint8(4), first_)));
        alpha = FrLib.fromHash(keccak256(abi.encodePacked(uint8(5), first_)));
    }

    /// @notice What the pairing has to check of the folded second phase.
    /// @param second Commitment to the folded second phase, with its blind.
    function shift(
        uint256 firstPhase,
        Point memory hiding,
        bytes32 seal,
        Point memory second,
        bytes calldata proof,
        Layout memory parts
    ) internal view returns (Shift memory claim) {
        unchecked {
            uint256 moved = parts.shift;
            // Three blinds and V lie side by side.
            claim.point = keccak256(abi.encodePacked(uint8(6), seal, proof[parts.blinds:moved + 64]));
            Fr z = FrLib.fromHash(claim.point);
            Sum sum = Curve.zero();
            sum.add(second);
            sum.addTimes(hiding, ZERO - proof.scalar(parts.blinds + 64));
            sum.addTimes(proof, moved, ZERO - z.power(firstPhase));
            sum.addTimes(proof, moved + 64, z);
            claim.left = sum.value();
            claim.quotient = Point(proof.word(moved + 64), proof.word(moved + 96));
        }
    }

    /// @notice The factor that joins this equation to another one. It comes after both are fixed: after Mercury's last
    /// challenge, too. Else Mercury could be run for `f + factor (F - (X - z) Q)` in place of f, which is a wrong witness,
    /// or a right one beside an F that is not 0 at z.
    function factor(Shift memory claim, Fr last) internal pure returns (Fr) {
        return FrLib.fromHash(
            keccak256(abi.encodePacked(uint8(7), claim.point, claim.quotient.x, claim.quotient.y, last))
        );
    }
}
