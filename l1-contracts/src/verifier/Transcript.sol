// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point} from "./Curve.sol";
import {Fr, R, TWO_TO_256} from "./Fr.sol";

/// @dev The Fiat-Shamir transcript of MicroSpartan.
/// @param high State, upper half.
/// @param low State, lower half.
/// @param round Challenges so far.
/// @param start Where the bytes absorbed since the last challenge start in memory.
/// @param end Where they end.
struct Transcript {
    uint256 high;
    uint256 low;
    uint256 round;
    uint256 start;
    uint256 end;
}

/// @title nova-snark's `Keccak256Transcript`, byte for byte (feature `evm`).
/// @dev A challenge is `high * 2^256 + low` modulo R, where
/// `high | low = Keccak(t | 01) | Keccak(t | 00)` and
/// `t = absorbed | "NoDS" | round (8 bytes) | state (64 bytes) | label`; high and low are the next state.
/// Labels come as words with their bytes on the left, and their length.
library TranscriptLib {
    /// @dev More than any step absorbs: with 28 rounds, 28 words of a point to open at and some more.
    uint256 private constant CAPACITY = 2048;

    /// @notice The transcript that MicroSpartan starts with.
    function create() internal pure returns (Transcript memory transcript) {
        // Constants: the compiler hashes them.
        transcript.high = uint256(keccak256("NoTRRelaxedR1CSSNARK\x01"));
        transcript.low = uint256(keccak256("NoTRRelaxedR1CSSNARK\x00"));
        // Bytes are appended without a new allocation each time.
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(0x40, add(buffer, CAPACITY))
            mstore(add(transcript, 0x60), buffer)
            mstore(add(transcript, 0x80), buffer)
        }
    }

    /// @notice Absorbs a label alone; what it names follows.
    function absorb(Transcript memory transcript, bytes32 label, uint256 length) internal pure {
        assembly ("memory-safe") {
            let end := mload(add(transcript, 0x80))
            mstore(end, label)
            mstore(add(transcript, 0x80), add(end, length))
        }
    }

    /// @notice Absorbs a scalar.
    function absorb(Transcript memory transcript, Fr value) internal pure {
        assembly ("memory-safe") {
            let end := mload(add(transcript, 0x80))
            mstore(end, value)
            mstore(add(transcript, 0x80), add(end, 0x20))
        }
    }

    /// @notice Absorbs scalars.
    function absorb(Transcript memory transcript, Fr[] memory values) internal pure {
        for (uint256 i = 0; i < values.length; ++i) {
            absorb(transcript, values[i]);
        }
    }

    /// @notice Absorbs bytes of the calldata.
    function absorb(Transcript memory transcript, bytes calldata data, uint256 offset, uint256 length)
        internal
        pure
    {
        assembly ("memory-safe") {
            let end := mload(add(transcript, 0x80))
            calldatacopy(end, add(data.offset, offset), length)
            mstore(add(transcript, 0x80), add(end, length))
        }
    }

    /// @notice Absorbs a point: coordinates, then whether it is the identity.
    function absorb(Transcript memory transcript, Point memory point) internal pure {
        uint256 identity = (point.x | point.y) == 0 ? 1 : 0;
        assembly ("memory-safe") {
            let end := mload(add(transcript, 0x80))
            mstore(end, mload(point))
            mstore(add(end, 0x20), mload(add(point, 0x20)))
            mstore8(add(end, 0x40), identity)
            mstore(add(transcript, 0x80), add(end, 0x41))
        }
    }

    /// @notice Absorbs points of the calldata, none of which is the identity: who adds them up sees to that.
    function absorbPoints(Transcript memory transcript, bytes calldata data, uint256 offset, uint256 count)
        internal
        pure
    {
        assembly ("memory-safe") {
            let end := mload(add(transcript, 0x80))
            let from := add(data.offset, offset)
            for {} count { count := sub(count, 1) } {
                calldatacopy(end, from, 0x40)
                mstore8(add(end, 0x40), 0)
                end := add(end, 0x41)
                from := add(from, 0x40)
            }
            mstore(add(transcript, 0x80), end)
        }
    }

    /// @notice The next challenge.
    function squeeze(Transcript memory transcript, bytes32 label, uint256 length)
        internal
        pure
        returns (Fr challenge)
    {
        assembly ("memory-safe") {
            let start := mload(add(transcript, 0x60))
            let end := mload(add(transcript, 0x80))
            let round := mload(add(transcript, 0x40))
            // "NoDS" and the round make twelve bytes.
            mstore(end, or(shl(224, 0x4e6f4453), shl(160, round)))
            mstore(add(end, 12), mload(transcript))
            mstore(add(end, 44), mload(add(transcript, 0x20)))
            mstore(add(end, 76), label)
            end := add(end, add(76, length))
            mstore8(end, 0)
            let size := sub(add(end, 1), start)
            let low := keccak256(start, size)
            mstore8(end, 1)
            let high := keccak256(start, size)
            mstore(transcript, high)
            mstore(add(transcript, 0x20), low)
            mstore(add(transcript, 0x40), add(round, 1))
            mstore(add(transcript, 0x80), start)
            challenge := addmod(mulmod(high, TWO_TO_256, R), low, R)
        }
    }

    /// @notice The next challenges, all with one label.
    function squeeze(Transcript memory transcript, bytes32 label, uint256 length, uint256 count)
        internal
        pure
        returns (Fr[] memory challenges)
    {
        challenges = new Fr[](count);
        for (uint256 i = 0; i < count; ++i) {
            challenges[i] = squeeze(transcript, label, length);
        }
    }
}
