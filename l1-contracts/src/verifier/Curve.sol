// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Fr, R} from "./Fr.sol";

/// @dev A point of BN254's first group; (0, 0) is the identity.
struct Point {
    uint256 x;
    uint256 y;
}

/// @dev A point of the second group, as the precompile of EIP-197 orders its coordinates: imaginary parts first.
struct Point2 {
    uint256 xImaginary;
    uint256 xReal;
    uint256 yImaginary;
    uint256 yReal;
}

/// @dev A sum of points with factors, in the layout that the precompiles of EIP-196 read: five words, namely the sum
/// so far (x, y), the next point (x, y) and its factor.
type Sum is uint256;

/// @title BN254 by way of the precompiles, which check that coordinates are reduced and points on the curve.
library Curve {
    uint256 private constant ADD = 6;
    uint256 private constant MUL = 7;
    uint256 private constant PAIRING = 8;
    /// @dev A precompile that refuses its input takes all gas that it was given. Far more than it costs.
    uint256 private constant GAS = 60000;
    /// @dev The base field's order.
    uint256 private constant Q = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    /// @notice The identity.
    function zero() internal pure returns (Sum sum) {
        // The layout asks for memory that no type describes.
        assembly ("memory-safe") {
            sum := mload(0x40)
            mstore(0x40, add(sum, 0xa0))
            mstore(sum, 0)
            mstore(add(sum, 0x20), 0)
        }
    }

    /// @notice Adds `factor * point`.
    function addTimes(Sum sum, Point memory point, Fr factor) internal view {
        bool ok;
        assembly ("memory-safe") {
            mstore(add(sum, 0x40), mload(point))
            mstore(add(sum, 0x60), mload(add(point, 0x20)))
            mstore(add(sum, 0x80), factor)
            ok := staticcall(GAS, MUL, add(sum, 0x40), 0x60, add(sum, 0x40), 0x40)
            ok := and(staticcall(GAS, ADD, sum, 0x80, sum, 0x40), ok)
        }
        if (!ok) revert INovaVerifier.BadPoint();
    }

    /// @notice Adds `factor` times the point at this offset of the calldata, which must not be the identity.
    function addTimes(Sum sum, bytes calldata data, uint256 offset, Fr factor) internal view {
        bool ok;
        assembly ("memory-safe") {
            calldatacopy(add(sum, 0x40), add(data.offset, offset), 0x40)
            ok := iszero(iszero(or(mload(add(sum, 0x40)), mload(add(sum, 0x60)))))
            mstore(add(sum, 0x80), factor)
            ok := and(staticcall(GAS, MUL, add(sum, 0x40), 0x60, add(sum, 0x40), 0x40), ok)
            ok := and(staticcall(GAS, ADD, sum, 0x80, sum, 0x40), ok)
        }
        if (!ok) revert INovaVerifier.BadPoint();
    }

    /// @notice Adds the point at this offset of the calldata, which must not be the identity.
    function add(Sum sum, bytes calldata data, uint256 offset) internal view {
        bool ok;
        assembly ("memory-safe") {
            calldatacopy(add(sum, 0x40), add(data.offset, offset), 0x40)
            ok := iszero(iszero(or(mload(add(sum, 0x40)), mload(add(sum, 0x60)))))
            ok := and(staticcall(GAS, ADD, sum, 0x80, sum, 0x40), ok)
        }
        if (!ok) revert INovaVerifier.BadPoint();
    }

    /// @notice Adds a point.
    function add(Sum sum, Point memory point) internal view {
        bool ok;
        assembly ("memory-safe") {
            mstore(add(sum, 0x40), mload(point))
            mstore(add(sum, 0x60), mload(add(point, 0x20)))
            ok := staticcall(GAS, ADD, sum, 0x80, sum, 0x40)
        }
        if (!ok) revert INovaVerifier.BadPoint();
    }

    /// @notice The sum so far.
    function value(Sum sum) internal pure returns (Point memory point) {
        assembly ("memory-safe") {
            mstore(point, mload(sum))
            mstore(add(point, 0x20), mload(add(sum, 0x20)))
        }
    }

    /// @notice The generator of the first group.
    function generator() internal pure returns (Point memory) {
        return Point(1, 2);
    }

    /// @notice The generator of the second group (EIP-197).
    function generator2() internal pure returns (Point2 memory) {
        return Point2({
            xImaginary: 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2,
            xReal: 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed,
            yImaginary: 0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b,
            yReal: 0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa
        });
    }

    /// @notice Whether `e(left, G2) = e(right, h)`, G2 being the generator; false, too, if a point is none of its group.
    function pairsEqually(Point memory left, Point memory right, Point2 memory h)
        internal
        view
        returns (bool)
    {
        uint256 negated = right.y == 0 ? 0 : Q - right.y % Q;
        Point2 memory g = generator2();
        bytes memory input = abi.encode(left, g, Point(right.x, negated), h);
        (bool ok, bytes memory one) = address(uint160(PAIRING)).staticcall(input);
        return ok && one.length == 32 && abi.decode(one, (uint256)) == 1;
    }
}
