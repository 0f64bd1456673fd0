// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Rollup} from "../../src/Rollup.sol";
import {INovaVerifier} from "../../src/interfaces/INovaVerifier.sol";
import {IRollup} from "../../src/interfaces/IRollup.sol";
import {Admission} from "./Admission.sol";
import {ScriptedVerifier} from "./ScriptedVerifier.sol";

/// @dev A rollup with a network and three active DSPs, and batches of it.
abstract contract Settlement is Admission {
    uint64 internal constant NETWORK = 1;
    /// @dev Order of BN254's scalar field.
    uint256 internal constant ORDER =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    bytes32 internal constant GENESIS = bytes32(uint256(keccak256("genesis")) % ORDER);
    bytes32 internal constant KEY = keccak256("verifier key");
    bytes internal constant PROOF = hex"0102030405060708";
    /// @dev In an execution verifier's place.
    INovaVerifier internal constant NONE = INovaVerifier(address(0));

    Rollup internal rollup;
    ScriptedVerifier internal verifier;
    /// @dev Private keys of three active DSPs, by ascending address.
    uint256[3] internal dsps;

    function setUp() public virtual override {
        super.setUp();
        rollup = new Rollup(admin, registry);
        verifier = new ScriptedVerifier(INovaVerifier.Kind.State, KEY);
        vm.prank(admin);
        rollup.createNetwork(NETWORK, GENESIS, verifier, NONE);
        dsps = [uint256(0xD1), 0xD2, 0xD3];
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < 2; ++j) {
                if (vm.addr(dsps[j]) > vm.addr(dsps[j + 1])) (dsps[j], dsps[j + 1]) = (dsps[j + 1], dsps[j]);
            }
        }
        for (uint256 i = 0; i < 3; ++i) {
            active(dsps[i]);
        }
    }

    function rootOf(string memory name) internal pure returns (bytes32) {
        return bytes32(uint256(keccak256(bytes(name))) % ORDER);
    }

    function first() internal pure returns (IRollup.BatchHeader memory h) {
        h = IRollup.BatchHeader({
            network: NETWORK,
            number: 1,
            preRoot: GENESIS,
            postRoot: rootOf("post"),
            receiptsRoot: rootOf("receipts"),
            auditRoot: keccak256("audit"),
            programRoot: rootOf("programs"),
            windowStart: NOW - 60,
            windowEnd: NOW,
            receipts: 3,
            proofDigest: keccak256(PROOF),
            verifierKey: KEY
        });
    }

    function next(IRollup.BatchHeader memory h) internal pure returns (IRollup.BatchHeader memory n) {
        n = first();
        n.number = h.number + 1;
        n.preRoot = h.postRoot;
        n.postRoot = bytes32(uint256(keccak256(abi.encode(h.postRoot))) % ORDER);
    }

    function attest(uint256 key, IRollup.BatchHeader memory h)
        internal
        view
        returns (IRollup.Attestation memory)
    {
        return IRollup.Attestation(vm.addr(key), signature(key, rollup.attestationDigest(h)));
    }

    function attestations(IRollup.BatchHeader memory h, uint256 count)
        internal
        view
        returns (IRollup.Attestation[] memory list)
    {
        list = new IRollup.Attestation[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = attest(dsps[i], h);
        }
    }

    /// @dev What a proof of this header is about: member by member, so that a mix-up in the rollup shows.
    function statement(IRollup.BatchHeader memory h)
        internal
        pure
        returns (INovaVerifier.Statement memory s)
    {
        s.network = h.network;
        s.batch = h.number;
        s.preRoot = h.preRoot;
        s.postRoot = h.postRoot;
        s.receiptsRoot = h.receiptsRoot;
        s.receipts = h.receipts;
        s.programRoot = h.programRoot;
        s.windowStart = h.windowStart;
        s.windowEnd = h.windowEnd;
    }

    /// @dev What a network without execution verifier takes.
    function stateOnly(bytes memory proof) internal pure returns (IRollup.Proofs memory) {
        return IRollup.Proofs({state: proof, execution: ""});
    }

    /// @dev From now on, the verifier takes `PROOF` for a proof of this header.
    function prove(IRollup.BatchHeader memory h) internal {
        verifier.accept(statement(h), PROOF);
    }

    function settle(IRollup.BatchHeader memory h) internal {
        prove(h);
        rollup.submitBatch(h, stateOnly(PROOF), attestations(h, 2));
    }

    /// @dev Attested by a quorum and proven, and still refused.
    function expectRefusal(IRollup.BatchHeader memory h, bytes memory reason) internal {
        prove(h);
        expectRefusalUnproven(h, reason);
    }

    function expectRefusalUnproven(IRollup.BatchHeader memory h, bytes memory reason) internal {
        IRollup.Attestation[] memory list = attestations(h, 2);
        bytes32 before = keccak256(abi.encode(rollup.head(NETWORK)));
        vm.expectRevert(reason);
        rollup.submitBatch(h, stateOnly(PROOF), list);
        assertEq(keccak256(abi.encode(rollup.head(NETWORK))), before);
    }
}
