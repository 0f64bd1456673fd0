// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../../src/interfaces/INovaVerifier.sol";
import {NovaVerifier} from "../../src/verifier/NovaVerifier.sol";
import {Test} from "../utils/Test.sol";

/// @dev The cheat codes of forge that read files.
interface VmFiles {
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function readFile(string calldata path) external view returns (string memory);
}

/// @dev A proof with its key and statement, from `tests/vectors`.
struct Vector {
    bytes key;
    INovaVerifier.Statement statement;
    bytes proof;
}

/// @dev Reads the proofs that the Rust verifier is tested with, too.
abstract contract Vectors is Test {
    function accepts(NovaVerifier by, INovaVerifier.Statement memory statement, bytes memory proof)
        internal
        view
        returns (bool)
    {
        try by.verify(statement, proof) {
            return true;
        } catch {
            return false;
        }
    }

    function getWord(bytes memory data, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(data, 32), offset))
        }
    }

    function setWord(bytes memory data, uint256 offset, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(data, 32), offset), value)
        }
    }

    function vector(string memory name) internal view returns (Vector memory v) {
        VmFiles files = VmFiles(address(vm));
        string memory json = files.readFile(string.concat("../tests/vectors/", name, ".json"));
        v.key = files.parseJsonBytes(json, ".key");
        v.proof = files.parseJsonBytes(json, ".proof");
        v.statement.network = uint64(files.parseJsonUint(json, ".statement.network"));
        v.statement.batch = uint64(files.parseJsonUint(json, ".statement.batch"));
        v.statement.preRoot = files.parseJsonBytes32(json, ".statement.pre_root");
        v.statement.postRoot = files.parseJsonBytes32(json, ".statement.post_root");
        v.statement.receiptsRoot = files.parseJsonBytes32(json, ".statement.receipts_root");
        v.statement.receipts = uint64(files.parseJsonUint(json, ".statement.receipts"));
        v.statement.programRoot = files.parseJsonBytes32(json, ".statement.program_registry_root");
        v.statement.windowStart = uint64(files.parseJsonUint(json, ".statement.window[0]"));
        v.statement.windowEnd = uint64(files.parseJsonUint(json, ".statement.window[1]"));
    }
}
