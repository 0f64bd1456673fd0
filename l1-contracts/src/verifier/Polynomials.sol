// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fr, FrLib, R, ZERO} from "./Fr.sol";

/// @title Multilinear polynomials that a verifier evaluates itself.
/// @dev A point's first coordinate belongs to an index's highest bit. The loops are in assembly: written with `Fr`, each
/// step costs four times as much, and a verification takes about two hundred. Coordinate i lies at `a + 32 (i + 1)`.
library Polynomials {
    using FrLib for Fr[];

    /// @notice `eq(a, b)`, the product of `a_i b_i + (1 - a_i)(1 - b_i)` over the indices from `start` to `end`.
    function eq(Fr[] memory a, Fr[] memory b, uint256 start, uint256 end) internal pure returns (Fr product) {
        assembly ("memory-safe") {
            product := 1
            let distance := sub(b, a)
            let last := add(a, shl(5, end))
            for { let next := add(a, shl(5, start)) } lt(next, last) {} {
                next := add(next, 32)
                let x := mload(next)
                let y := mload(add(next, distance))
                let xy := mulmod(x, y, R)
                // 1 - x - y + 2 x y + 2 R, at most 4 R + 1 < 2^256.
                let factor := sub(add(add(add(xy, xy), 1), add(R, R)), add(x, y))
                product := mulmod(product, factor, R)
            }
        }
    }

    /// @notice The product of `1 - a_i` over the indices from `start` to `end`: `eq(a, 0)`.
    function eqZero(Fr[] memory a, uint256 start, uint256 end) internal pure returns (Fr product) {
        assembly ("memory-safe") {
            product := 1
            let last := add(a, shl(5, end))
            for { let next := add(a, shl(5, start)) } lt(next, last) {} {
                next := add(next, 32)
                product := mulmod(product, sub(add(R, 1), mload(next)), R)
            }
        }
    }

    /// @notice The sum of `2^(n - 1 - i) a_i`: the polynomial whose value at an index is the index.
    function identity(Fr[] memory a) internal pure returns (Fr sum) {
        assembly ("memory-safe") {
            let last := add(a, shl(5, mload(a)))
            for { let next := a } lt(next, last) {} {
                next := add(next, 32)
                sum := addmod(add(sum, sum), mload(next), R)
            }
        }
    }

    /// @notice The value at the coordinates from `start` on of the polynomial with these first few values and zeros
    /// after them; at most 16 values.
    function sparse(Fr[] memory values, Fr[] memory a, uint256 start) internal pure returns (Fr sum) {
        unchecked {
            uint256 low = a.length - 4;
            Fr[] memory chi = new Fr[](16);
            chi[0] = eqZero(a, start, low);
            for (uint256 i = 0; i < 4; ++i) {
                // From the entries so far, those with one more bit.
                for (uint256 j = 1 << i; j > 0; --j) {
                    Fr whole = chi.get(j - 1);
                    Fr one = whole * a.get(low + i);
                    chi[2 * j - 1] = one;
                    chi[2 * j - 2] = whole - one;
                }
            }
            sum = ZERO;
            for (uint256 i = 0; i < values.length; ++i) {
                sum = sum + values.get(i) * chi.get(i);
            }
        }
    }

    /// @notice The univariate polynomial with the coefficients `eq(a, index)`, at `x`: the product of
    /// `a_i x^(2^(n - 1 - i)) + 1 - a_i` over the indices from `start` to `end`.
    /// @return product The value.
    /// @return power `x^(2^(end - start))`.
    function eqUnivariate(Fr[] memory a, uint256 start, uint256 end, Fr x)
        internal
        pure
        returns (Fr product, Fr power)
    {
        assembly ("memory-safe") {
            product := 1
            power := x
            let first := add(a, shl(5, start))
            for { let next := add(a, shl(5, end)) } gt(next, first) { next := sub(next, 32) } {
                let coordinate := mload(next)
                // At most 2 R + 1.
                let factor := add(mulmod(coordinate, power, R), sub(add(R, 1), coordinate))
                product := mulmod(product, factor, R)
                power := mulmod(power, power, R)
            }
        }
    }
}
