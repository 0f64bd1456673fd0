// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../../src/interfaces/INovaVerifier.sol";
import {NovaVerifier} from "../../src/verifier/NovaVerifier.sol";
import {R} from "../../src/verifier/Fr.sol";
import {Vector, Vectors} from "./Vectors.sol";

/// @dev Thousands of mutations, each judged by the Rust verifier, too: `tests/tests/verifiers.rs`.
contract NovaVerifierTest is Vectors {
    uint256 internal constant BOUNDARIES = 12;

    /// @dev A proof of three chunks of a small circuit, and its verifier.
    Vector internal honest;
    NovaVerifier internal verifier;

    function setUp() public {
        vm.chainId(31337);
        honest = vector("small-3");
        verifier = new NovaVerifier(honest.key);
    }

    function expectRefusal(bytes memory proof, bytes memory reason) internal {
        vm.expectRevert(reason);
        verifier.verify(honest.statement, proof);
    }

    // Accepting

    function test_a_proof_of_one_chunk_is_accepted() public {
        Vector memory v = vector("full-1");
        new NovaVerifier(v.key).verify(v.statement, v.proof);
    }

    function test_a_proof_of_eight_chunks_is_accepted() public {
        Vector memory v = vector("full-8");
        new NovaVerifier(v.key).verify(v.statement, v.proof);
    }

    function test_every_shape_of_the_fold_is_accepted() public view {
        string[6] memory names = ["small-1", "small-2", "small-3", "small-4", "small-5", "small-8"];
        for (uint256 i = 0; i < names.length; ++i) {
            Vector memory v = vector(names[i]);
            verifier.verify(v.statement, v.proof);
        }
    }

    function test_the_key_s_digest_is_that_of_its_bytes() public view {
        assertEq(verifier.keyDigest(), keccak256(honest.key));
        assertTrue(verifier.isDevelopment());
        assertEq(uint256(verifier.kind()), uint256(INovaVerifier.Kind.State));
    }

    // Forgeries

    /// Each is caught by one of the two sum-checks alone: without it the proof would pass.
    function test_forgeries_are_refused_by_both_sum_checks() public {
        string[4] memory outer = ["wrong-value", "torn-chunks", "misplaced-chunk", "solved-commitment"];
        for (uint256 i = 0; i < outer.length; ++i) {
            Vector memory v = vector(string.concat("forged-", outer[i]));
            vm.expectRevert(abi.encodeWithSelector(INovaVerifier.OuterSumCheck.selector));
            verifier.verify(v.statement, v.proof);
        }
        // Of an earlier circuit, under the key of that.
        Vector memory hidden = vector("forged-hidden-input");
        NovaVerifier own = new NovaVerifier(hidden.key);
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.InnerSumCheck.selector));
        own.verify(hidden.statement, hidden.proof);
    }

    // Statements

    function test_another_chain_s_proof_is_refused() public {
        vm.chainId(1337);
        assertFalse(accepts(verifier, honest.statement, honest.proof));
        vm.chainId(31337);
        assertTrue(accepts(verifier, honest.statement, honest.proof));
    }

    function test_every_member_of_the_statement_counts() public view {
        for (uint256 member = 0; member < 9; ++member) {
            INovaVerifier.Statement memory s = honest.statement;
            if (member == 0) s.network += 1;
            if (member == 1) s.batch += 1;
            if (member == 2) s.preRoot = bytes32(uint256(s.preRoot) ^ 1);
            if (member == 3) s.postRoot = bytes32(uint256(s.postRoot) ^ 1);
            if (member == 4) s.receiptsRoot = bytes32(uint256(s.receiptsRoot) ^ 1);
            if (member == 5) s.receipts += 1;
            if (member == 6) s.programRoot = bytes32(uint256(s.programRoot) ^ 1);
            if (member == 7) s.windowStart += 1;
            if (member == 8) s.windowEnd += 1;
            assertFalse(accepts(verifier, s, honest.proof));
        }
    }

    function test_roots_have_one_name() public {
        INovaVerifier.Statement memory s = honest.statement;
        s.preRoot = bytes32(uint256(s.preRoot) + R);
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.NotReduced.selector, 64));
        verifier.verify(s, honest.proof);
        s = honest.statement;
        s.postRoot = bytes32(uint256(s.postRoot) + R);
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.NotReduced.selector, 96));
        verifier.verify(s, honest.proof);
        s = honest.statement;
        s.receiptsRoot = bytes32(uint256(s.receiptsRoot) + R);
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.NotReduced.selector, 128));
        verifier.verify(s, honest.proof);
        s = honest.statement;
        s.programRoot = bytes32(uint256(s.programRoot) + R);
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.NotReduced.selector, 192));
        verifier.verify(s, honest.proof);
    }

    // Bytes

    function testFuzz_a_flipped_bit_is_refused(uint256 place) public view {
        bytes memory proof = honest.proof;
        uint256 bit = place % (proof.length * 8);
        proof[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        assertFalse(accepts(verifier, honest.statement, proof));
    }

    function test_headers_lengths_and_numbers_of_chunks_are_checked() public {
        bytes memory proof = honest.proof;
        expectRefusal("", abi.encodeWithSelector(INovaVerifier.BadLength.selector, 12, 0));
        expectRefusal(
            abi.encodePacked(proof, uint8(0)),
            abi.encodeWithSelector(INovaVerifier.BadLength.selector, proof.length, proof.length + 1)
        );
        for (uint256 i = 0; i < 8; ++i) {
            proof[i] ^= 0x01;
            expectRefusal(proof, abi.encodeWithSelector(INovaVerifier.BadHeader.selector));
            proof[i] ^= 0x01;
        }
        (proof[10], proof[11]) = (0x00, 0x00);
        expectRefusal(proof, abi.encodeWithSelector(INovaVerifier.BadChunks.selector, 0));
        (proof[10], proof[11]) = (0x10, 0x01);
        expectRefusal(proof, abi.encodeWithSelector(INovaVerifier.BadChunks.selector, 4097));
    }

    function test_scalars_are_reduced() public {
        bytes memory proof = honest.proof;
        setWord(proof, BOUNDARIES, getWord(proof, BOUNDARIES) + R);
        expectRefusal(proof, abi.encodeWithSelector(INovaVerifier.NotReduced.selector, BOUNDARIES));
        proof = honest.proof;
        uint256 last = proof.length - 32;
        setWord(proof, last, getWord(proof, last) + R);
        expectRefusal(proof, abi.encodeWithSelector(INovaVerifier.NotReduced.selector, last));
    }

    function test_points_are_on_the_curve_and_not_the_identity() public {
        // Three chunks: four boundaries, then the witness commitments.
        uint256 witness = BOUNDARIES + 4 * 32;
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory proof = honest.proof;
            uint256 point = witness + 64 * i;
            setWord(proof, point, 0);
            expectRefusal(proof, abi.encodeWithSelector(INovaVerifier.BadPoint.selector));
            setWord(proof, point + 32, 0);
            expectRefusal(proof, abi.encodeWithSelector(INovaVerifier.BadPoint.selector));
            setWord(proof, point, type(uint256).max);
            expectRefusal(proof, abi.encodeWithSelector(INovaVerifier.BadPoint.selector));
        }
    }

    // Keys

    function test_a_development_key_counts_on_development_chains_only() public {
        bytes memory key = honest.key;
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.DevelopmentKey.selector, 1));
        new NovaVerifier(key);
        // Deployed before the chain took another id.
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.DevelopmentKey.selector, 1));
        verifier.verify(honest.statement, honest.proof);
        vm.chainId(1337);
        new NovaVerifier(key);
    }

    function test_the_development_setup_cannot_be_called_a_ceremony() public {
        bytes memory key = honest.key;
        key[5] = 0x01;
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.BadKey.selector));
        new NovaVerifier(key);
    }

    function test_what_is_no_key_is_refused() public {
        bytes memory key = honest.key;
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.BadKey.selector));
        new NovaVerifier("");
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.BadKey.selector));
        new NovaVerifier(abi.encodePacked(key, uint8(0)));
        // Magic, version, setup, kind, variables of the first phase, rounds, tau, a point, the transcript's start.
        uint256[9] memory places = [uint256(0), 4, 5, 6, 11, 17, 45, 305, 658];
        for (uint256 i = 0; i < places.length; ++i) {
            bytes memory other = honest.key;
            other[places[i]] = 0xff;
            try new NovaVerifier(other) {
                revert NotTrue();
            } catch {}
        }
    }

    function test_another_circuit_s_key_refuses() public {
        Vector memory v = vector("full-1");
        NovaVerifier full = new NovaVerifier(v.key);
        assertFalse(accepts(full, honest.statement, honest.proof));
        assertFalse(accepts(verifier, v.statement, v.proof));
    }
}
