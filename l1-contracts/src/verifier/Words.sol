// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Fr, R} from "./Fr.sol";

/// @title Words of a proof, by their offset. Offsets come from the layout, which fits the proof's length.
library Words {
    /// @notice 32 bytes.
    function word(bytes calldata data, uint256 offset) internal pure returns (uint256 value) {
        // A slice of calldata would be bounds-checked; the layout was, once.
        assembly ("memory-safe") {
            value := calldataload(add(data.offset, offset))
        }
    }

    /// @notice A scalar that `requireReduced` has seen.
    function scalar(bytes calldata data, uint256 offset) internal pure returns (Fr) {
        return Fr.wrap(word(data, offset));
    }

    /// @notice Scalars that `requireReduced` has seen.
    function scalars(bytes calldata data, uint256 offset, uint256 count)
        internal
        pure
        returns (Fr[] memory values)
    {
        values = new Fr[](count);
        assembly ("memory-safe") {
            calldatacopy(add(values, 32), add(data.offset, offset), shl(5, count))
        }
    }

    /// @notice Refuses scalars between these offsets that are not reduced: a proof has one encoding.
    function requireReduced(bytes calldata data, uint256 offset, uint256 end) internal pure {
        uint256 bad;
        // About 140 words in each proof.
        assembly ("memory-safe") {
            let last := add(data.offset, end)
            for { let next := add(data.offset, offset) } lt(next, last) { next := add(next, 32) } {
                bad := or(bad, iszero(lt(calldataload(next), R)))
            }
        }
        if (bad == 0) return;
        while (word(data, offset) < R) offset += 32;
        revert INovaVerifier.NotReduced(offset);
    }
}
