// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";

/// @dev An element of BN254's scalar field, always reduced. Formulas read like those of the papers.
type Fr is uint256;

using {_add as +, _sub as -, _mul as *, _equal as ==, _notEqual as !=} for Fr global;

/// @dev The order of BN254's first group.
uint256 constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
/// @dev 2^256 modulo R.
uint256 constant TWO_TO_256 = 0x0e0a77c19a07df2f666ea36f7879462e36fc76959f60cd29ac96341c4ffffffb;
/// @dev 1 / 2.
Fr constant HALF = Fr.wrap(0x183227397098d014dc2822db40c0ac2e9419f4243cdcb848a1f0fac9f8000001);

Fr constant ZERO = Fr.wrap(0);
Fr constant ONE = Fr.wrap(1);

function _add(Fr a, Fr b) pure returns (Fr) {
    return Fr.wrap(addmod(Fr.unwrap(a), Fr.unwrap(b), R));
}

function _sub(Fr a, Fr b) pure returns (Fr) {
    unchecked {
        // Cannot wrap: b is reduced.
        return Fr.wrap(addmod(Fr.unwrap(a), R - Fr.unwrap(b), R));
    }
}

function _mul(Fr a, Fr b) pure returns (Fr) {
    return Fr.wrap(mulmod(Fr.unwrap(a), Fr.unwrap(b), R));
}

function _equal(Fr a, Fr b) pure returns (bool) {
    return Fr.unwrap(a) == Fr.unwrap(b);
}

function _notEqual(Fr a, Fr b) pure returns (bool) {
    return Fr.unwrap(a) != Fr.unwrap(b);
}

/// @title What the operators of `Fr` leave to do.
library FrLib {
    /// @notice Element i of a list that has it: bounds checks of constant indices would cost a verification 20,000 gas.
    function get(Fr[] memory list, uint256 i) internal pure returns (Fr value) {
        assembly ("memory-safe") {
            value := mload(add(list, shl(5, add(i, 1))))
        }
    }

    /// @notice The first 31 bytes of a hash, which are below R.
    function fromHash(bytes32 hash) internal pure returns (Fr) {
        return Fr.wrap(uint256(hash) >> 8);
    }

    /// @notice 1 / a, by Fermat's theorem. Zero has none, and refuses the opening.
    function inverse(Fr a) internal view returns (Fr) {
        if (a == ZERO) revert INovaVerifier.Opening();
        return power(a, R - 2);
    }

    /// @notice a^exponent, by the precompile for powers (EIP-198).
    function power(Fr a, uint256 exponent) internal view returns (Fr) {
        bytes memory input = abi.encode(32, 32, 32, Fr.unwrap(a), exponent, R);
        (bool ok, bytes memory result) = address(5).staticcall(input);
        if (!ok) revert INovaVerifier.Opening();
        return Fr.wrap(abi.decode(result, (uint256)));
    }
}
