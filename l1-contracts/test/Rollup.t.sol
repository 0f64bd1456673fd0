// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {Rollup} from "../src/Rollup.sol";
import {INovaVerifier} from "../src/interfaces/INovaVerifier.sol";
import {IRollup} from "../src/interfaces/IRollup.sol";
import {ScriptedVerifier} from "./utils/ScriptedVerifier.sol";
import {Settlement} from "./utils/Settlement.sol";

/// @dev Not what its interface promises: its `verify` writes.
contract MeddlingVerifier {
    INovaVerifier.Kind public constant kind = INovaVerifier.Kind.State;
    bytes32 public immutable keyDigest;
    uint256 public calls;

    constructor(bytes32 keyDigest_) {
        keyDigest = keyDigest_;
    }

    function verify(INovaVerifier.Statement calldata, bytes calldata) external {
        calls += 1;
    }
}

contract RollupTest is Settlement {
    // Settling

    function test_a_batch_with_a_majority_settles_and_its_root_reads_back() public {
        IRollup.BatchHeader memory h = first();
        bytes32 genesisHash = rollup.blockHash(NETWORK, 0);
        bytes32 headerHash = keccak256(abi.encode(rollup.BATCH_HEADER_TYPEHASH(), h));
        bytes32 expected = keccak256(abi.encode(genesisHash, headerHash));
        IRollup.Attestation[] memory list = attestations(h, 2);
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (list[0].signer, list[1].signer);

        prove(h);
        vm.expectEmit(true, true, true, true);
        emit IRollup.BatchSettled(NETWORK, 1, expected, genesisHash, h, signers);
        rollup.submitBatch(h, stateOnly(PROOF), list);

        assertEq(rollup.root(NETWORK), h.postRoot);
        assertEq(rollup.blockHash(NETWORK, 1), expected);
        IRollup.Head memory tip = rollup.head(NETWORK);
        assertEq(tip.number, 1);
        assertEq(tip.blockHash, expected);
        assertEq(tip.windowEnd, NOW);
        assertEq(tip.root, h.postRoot);
        assertEq(address(tip.stateVerifier), address(verifier));
    }

    function test_blocks_chain_over_the_ones_before() public {
        IRollup.BatchHeader memory h = first();
        for (uint256 i = 0; i < 4; ++i) {
            bytes32 before = rollup.head(NETWORK).blockHash;
            settle(h);
            bytes32 headerHash = keccak256(abi.encode(rollup.BATCH_HEADER_TYPEHASH(), h));
            assertEq(rollup.head(NETWORK).blockHash, keccak256(abi.encode(before, headerHash)));
            h = next(h);
        }
        assertEq(rollup.head(NETWORK).number, 4);
    }

    function domainSeparator() internal view returns (bytes32) {
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(
            abi.encode(domainType, keccak256("Nectar Rollup"), keccak256("1"), block.chainid, address(rollup))
        );
    }

    function test_the_type_hash_and_domain_are_those_of_eip_712() public view {
        bytes32 domain = domainSeparator();
        bytes32 headerHash = keccak256(abi.encode(rollup.BATCH_HEADER_TYPEHASH(), first()));
        assertEq(
            rollup.attestationDigest(first()), keccak256(abi.encodePacked(hex"1901", domain, headerHash))
        );
    }

    function test_a_batch_cannot_settle_twice() public {
        IRollup.BatchHeader memory h = first();
        settle(h);
        IRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(abi.encodeWithSelector(IRollup.WrongNumber.selector, 2, 1));
        rollup.submitBatch(h, stateOnly(PROOF), list);
    }

    // Continuity

    function testFuzz_only_the_next_number_is_accepted(uint64 number) public {
        vm.assume(number != 1);
        IRollup.BatchHeader memory h = first();
        h.number = number;
        expectRefusal(h, abi.encodeWithSelector(IRollup.WrongNumber.selector, 1, number));
    }

    function testFuzz_only_the_current_root_is_accepted(bytes32 root) public {
        vm.assume(root != GENESIS);
        IRollup.BatchHeader memory h = first();
        h.preRoot = root;
        expectRefusal(h, abi.encodeWithSelector(IRollup.WrongPreRoot.selector, GENESIS, root));
    }

    function testFuzz_only_the_key_of_the_networks_verifier_is_accepted(bytes32 key) public {
        vm.assume(key != KEY);
        IRollup.BatchHeader memory h = first();
        h.verifierKey = key;
        expectRefusal(h, abi.encodeWithSelector(IRollup.WrongVerifierKey.selector, KEY, key));
    }

    function testFuzz_networks_are_apart(uint64 network) public {
        vm.assume(network != NETWORK);
        IRollup.BatchHeader memory h = first();
        h.network = network;
        expectRefusal(h, abi.encodeWithSelector(IRollup.UnknownNetwork.selector, network));
        vm.prank(admin);
        rollup.createNetwork(network, GENESIS, verifier, NONE);
        settle(h);
        assertEq(rollup.root(NETWORK), GENESIS);
        assertEq(rollup.root(network), h.postRoot);
    }

    function test_an_empty_batch_is_refused() public {
        IRollup.BatchHeader memory h = first();
        h.receipts = 0;
        expectRefusal(h, abi.encodeWithSelector(IRollup.EmptyBatch.selector));
    }

    function testFuzz_a_window_is_in_order_and_not_ahead(uint64 start, uint64 end) public {
        IRollup.BatchHeader memory h = first();
        uint64 latest = NOW + rollup.MAX_CLOCK_SKEW();
        (h.windowStart, h.windowEnd) = (start, end);
        if (start <= end && end <= latest) {
            settle(h);
        } else {
            expectRefusal(h, abi.encodeWithSelector(IRollup.BadWindow.selector, start, end, 0, latest));
        }
    }

    function test_windows_do_not_go_back() public {
        settle(first());
        IRollup.BatchHeader memory h = next(first());
        h.windowEnd = NOW - 1;
        IRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRollup.BadWindow.selector, NOW - 60, NOW - 1, NOW, NOW + rollup.MAX_CLOCK_SKEW()
            )
        );
        rollup.submitBatch(h, stateOnly(PROOF), list);
    }

    // Proof

    function test_attestations_alone_do_not_settle() public {
        IRollup.BatchHeader memory h = first();
        IRollup.Attestation[] memory list = attestations(h, 3);
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.BadLength.selector, 32, PROOF.length));
        rollup.submitBatch(h, stateOnly(PROOF), list);
        assertEq(rollup.root(NETWORK), GENESIS);
    }

    function test_a_proof_alone_does_not_settle() public {
        IRollup.BatchHeader memory h = first();
        prove(h);
        IRollup.Attestation[] memory none = new IRollup.Attestation[](0);
        vm.expectRevert(abi.encodeWithSelector(IRollup.QuorumNotReached.selector, 2, 0));
        rollup.submitBatch(h, stateOnly(PROOF), none);
        assertEq(rollup.root(NETWORK), GENESIS);
        rollup.submitBatch(h, stateOnly(PROOF), attestations(h, 2));
    }

    /// @dev A quorum attests the header; the proof is of a statement that differs from it in one member.
    function testFuzz_a_quorum_cannot_settle_what_is_proven_of_another_batch(uint8 member, uint256 value)
        public
    {
        IRollup.BatchHeader memory h = first();
        INovaVerifier.Statement memory s = statement(h);
        bytes32 honest = keccak256(abi.encode(s));
        uint256 which = bound(member, 0, 8);
        if (which == 0) s.network = uint64(value);
        if (which == 1) s.batch = uint64(value);
        if (which == 2) s.preRoot = bytes32(value);
        if (which == 3) s.postRoot = bytes32(value);
        if (which == 4) s.receiptsRoot = bytes32(value);
        if (which == 5) s.receipts = uint64(value);
        if (which == 6) s.programRoot = bytes32(value);
        if (which == 7) s.windowStart = uint64(value);
        if (which == 8) s.windowEnd = uint64(value);
        vm.assume(keccak256(abi.encode(s)) != honest);
        verifier.accept(s, PROOF);
        expectRefusalUnproven(h, abi.encodeWithSelector(INovaVerifier.OuterSumCheck.selector));
        settle(h);
    }

    /// @dev The other way round: whatever free member of the header changes, the verifier hears of it.
    function testFuzz_the_statement_is_the_headers_member_by_member(
        bytes32[3] memory roots,
        uint64 receipts,
        uint64 start,
        uint64 end,
        uint64 network
    ) public {
        IRollup.BatchHeader memory h = first();
        (h.postRoot, h.receiptsRoot, h.programRoot) = (roots[0], roots[1], roots[2]);
        h.receipts = uint64(bound(receipts, 1, type(uint64).max));
        h.windowEnd = uint64(bound(end, 0, NOW));
        h.windowStart = uint64(bound(start, 0, h.windowEnd));
        if (network != NETWORK) {
            h.network = network;
            vm.prank(admin);
            rollup.createNetwork(network, GENESIS, verifier, NONE);
        }
        prove(first());
        if (keccak256(abi.encode(statement(h))) != keccak256(abi.encode(statement(first())))) {
            expectRefusalUnproven(h, abi.encodeWithSelector(INovaVerifier.OuterSumCheck.selector));
        }
        settle(h);
        assertEq(rollup.root(h.network), h.postRoot);
    }

    function testFuzz_a_proof_that_the_verifier_refuses_settles_nothing(bytes memory proof) public {
        vm.assume(keccak256(proof) != keccak256(PROOF));
        IRollup.BatchHeader memory h = first();
        prove(h);
        h.proofDigest = keccak256(proof);
        IRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.BadLength.selector, 32, proof.length));
        rollup.submitBatch(h, stateOnly(proof), list);
        assertEq(rollup.root(NETWORK), GENESIS);
    }

    /// @dev The statement lacks the audit root: DSPs vouch for it.
    function test_the_audit_root_is_attested_and_not_proven() public {
        IRollup.BatchHeader memory h = first();
        prove(h);
        h.auditRoot = keccak256("another");
        rollup.submitBatch(h, stateOnly(PROOF), attestations(h, 2));
        assertEq(rollup.root(NETWORK), h.postRoot);
    }

    function test_a_verifier_is_asked_last_so_that_a_cheap_refusal_stays_cheap() public {
        IRollup.BatchHeader memory h = first();
        IRollup.Attestation[] memory list = attestations(h, 2);
        (list[0].signature, list[1].signature) = (list[1].signature, list[0].signature);
        vm.expectRevert(abi.encodeWithSelector(IRollup.BadAttestation.selector, list[0].signer));
        rollup.submitBatch(h, stateOnly(PROOF), list);
    }

    function test_a_verifier_that_would_change_state_cannot() public {
        MeddlingVerifier meddler = new MeddlingVerifier(KEY);
        vm.prank(admin);
        rollup.createNetwork(2, GENESIS, INovaVerifier(address(meddler)), NONE);
        IRollup.BatchHeader memory h = first();
        h.network = 2;
        IRollup.Attestation[] memory list = attestations(h, 2);
        // A write within a static call takes all gas and gives no reason.
        vm.expectRevert(bytes(""));
        rollup.submitBatch{gas: 500_000}(h, stateOnly(PROOF), list);
        assertEq(rollup.root(2), GENESIS);
    }

    // Digest and attestations

    function testFuzz_a_tampered_proof_is_refused(uint8 position, uint8 flip) public {
        vm.assume(flip != 0);
        bytes memory proof = PROOF;
        proof[position % proof.length] ^= bytes1(flip);
        IRollup.BatchHeader memory h = first();
        IRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.ProofDigestMismatch.selector, keccak256(PROOF), keccak256(proof))
        );
        rollup.submitBatch(h, stateOnly(proof), list);
    }

    function test_a_tampered_proof_with_its_own_digest_is_not_what_was_attested() public {
        IRollup.BatchHeader memory h = first();
        IRollup.Attestation[] memory list = attestations(h, 2);
        bytes memory proof = hex"ff";
        h.proofDigest = keccak256(proof);
        vm.expectRevert(abi.encodeWithSelector(IRollup.BadAttestation.selector, list[0].signer));
        rollup.submitBatch(h, stateOnly(proof), list);
    }

    /// @dev The members that no other check covers: only the signatures protect them.
    function testFuzz_every_free_member_is_attested(uint8 member, bytes32 value) public {
        IRollup.BatchHeader memory h = first();
        IRollup.Attestation[] memory list = attestations(h, 2);
        bytes32 honest = rollup.attestationDigest(h);
        uint256 which = bound(member, 0, 6);
        if (which == 0) h.postRoot = value;
        if (which == 1) h.receiptsRoot = value;
        if (which == 2) h.auditRoot = value;
        if (which == 3) h.programRoot = value;
        if (which == 4) h.windowStart = uint64(bound(uint256(value), 0, NOW));
        if (which == 5) h.windowEnd = uint64(bound(uint256(value), NOW - 60, NOW + 120));
        if (which == 6) h.receipts = uint64(bound(uint256(value), 1, type(uint64).max));
        vm.assume(rollup.attestationDigest(h) != honest);
        vm.expectRevert(abi.encodeWithSelector(IRollup.BadAttestation.selector, list[0].signer));
        rollup.submitBatch(h, stateOnly(PROOF), list);
    }

    function test_attestations_count_on_one_chain_and_for_one_contract() public {
        IRollup.BatchHeader memory h = first();
        bytes32 digest = rollup.attestationDigest(h);
        assertTrue(new Rollup(admin, registry).attestationDigest(h) != digest);
        vm.chainId(5);
        assertTrue(rollup.attestationDigest(h) != digest);
    }

    function test_an_unapproved_signer_is_refused() public {
        IRollup.BatchHeader memory h = first();
        IRollup.Attestation[] memory list = attestations(h, 3);
        uint256 stranger = 0x57;
        while (vm.addr(stranger) <= list[1].signer) stranger += 1;
        list[2] = attest(stranger, h);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotActive.selector, vm.addr(stranger)));
        rollup.submitBatch(h, stateOnly(PROOF), list);
    }

    function test_a_suspended_and_a_lapsed_dsp_do_not_attest() public {
        IRollup.BatchHeader memory h = first();
        vm.prank(authorizer);
        registry.suspend(vm.addr(dsps[0]), REASON);
        expectRefusal(h, abi.encodeWithSelector(IRollup.NotActive.selector, vm.addr(dsps[0])));
        vm.prank(authorizer);
        registry.reinstate(vm.addr(dsps[0]));
        vm.prank(auditor);
        registry.revokeAudit(vm.addr(dsps[1]), REPORT);
        expectRefusal(h, abi.encodeWithSelector(IRollup.NotActive.selector, vm.addr(dsps[1])));
    }

    function test_a_signer_counts_once_and_in_order() public {
        IRollup.BatchHeader memory h = first();
        IRollup.Attestation[] memory list = attestations(h, 2);
        list[1] = list[0];
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.SignersNotAscending.selector, list[0].signer, list[0].signer)
        );
        rollup.submitBatch(h, stateOnly(PROOF), list);

        list = attestations(h, 2);
        (list[0], list[1]) = (list[1], list[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.SignersNotAscending.selector, list[0].signer, list[1].signer)
        );
        rollup.submitBatch(h, stateOnly(PROOF), list);

        list[0].signer = address(0);
        vm.expectRevert(abi.encodeWithSelector(IRollup.SignersNotAscending.selector, address(0), address(0)));
        rollup.submitBatch(h, stateOnly(PROOF), list);
    }

    function test_a_signature_is_by_the_named_signer_and_not_malleable() public {
        IRollup.BatchHeader memory h = first();
        IRollup.Attestation[] memory list = attestations(h, 2);
        list[0].signature = list[1].signature;
        expectBad(h, list, list[0].signer);
        list[0].signature = hex"00";
        expectBad(h, list, list[0].signer);

        (uint8 v, bytes32 r, bytes32 s) = vm.sign(dsps[0], rollup.attestationDigest(h));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        list[0].signature = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        expectBad(h, list, list[0].signer);
    }

    function expectBad(IRollup.BatchHeader memory h, IRollup.Attestation[] memory list, address signer)
        internal
    {
        vm.expectRevert(abi.encodeWithSelector(IRollup.BadAttestation.selector, signer));
        rollup.submitBatch(h, stateOnly(PROOF), list);
    }

    // Quorum

    function test_a_quorum_is_more_than_half_of_the_admitted() public {
        assertEq(rollup.quorum(), 2);
        active(0xE1);
        assertEq(rollup.quorum(), 3);
        active(0xE2);
        assertEq(rollup.quorum(), 3);
        IRollup.BatchHeader memory h = first();
        IRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(abi.encodeWithSelector(IRollup.QuorumNotReached.selector, 3, 2));
        rollup.submitBatch(h, stateOnly(PROOF), list);
        prove(h);
        rollup.submitBatch(h, stateOnly(PROOF), attestations(h, 3));
    }

    function testFuzz_a_quorum_is_a_majority_and_at_least_the_minimum(uint8 admitted, uint64 minimum) public {
        vm.assume(minimum > 0);
        uint256 more = bound(admitted, 0, 6);
        for (uint256 i = 0; i < more; ++i) {
            active(0xE0 + i);
        }
        vm.prank(admin);
        rollup.setMinimumQuorum(minimum);
        uint256 quorum = rollup.quorum();
        assertTrue(quorum * 2 > registry.admitted());
        assertTrue(quorum >= minimum);
        assertTrue(quorum == minimum || (quorum - 1) * 2 <= registry.admitted());
    }

    function test_without_any_dsp_nothing_settles() public {
        Rollup empty = new Rollup(admin, registry);
        vm.prank(admin);
        empty.createNetwork(NETWORK, GENESIS, verifier, NONE);
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(authorizer);
            registry.suspend(vm.addr(dsps[i]), REASON);
        }
        assertEq(empty.quorum(), 1);
        IRollup.Attestation[] memory none = new IRollup.Attestation[](0);
        vm.expectRevert(abi.encodeWithSelector(IRollup.QuorumNotReached.selector, 1, 0));
        empty.submitBatch(first(), stateOnly(PROOF), none);
    }

    function test_a_minimum_holds_when_few_are_left() public {
        vm.prank(admin);
        rollup.setMinimumQuorum(3);
        expectRefusal(first(), abi.encodeWithSelector(IRollup.QuorumNotReached.selector, 3, 2));
        vm.expectRevert(abi.encodeWithSelector(IRollup.QuorumTooSmall.selector));
        vm.prank(admin);
        rollup.setMinimumQuorum(0);
    }

    // Administration

    function test_a_network_is_created_once() public {
        vm.expectRevert(abi.encodeWithSelector(IRollup.NetworkExists.selector, NETWORK));
        vm.prank(admin);
        rollup.createNetwork(NETWORK, GENESIS, verifier, NONE);
    }

    function test_a_network_begins_with_its_root_and_verifier() public {
        bytes32 domain = domainSeparator();
        bytes32 genesisHash =
            keccak256(abi.encode(keccak256("nectar.rollup.genesis"), domain, uint64(2), GENESIS));
        vm.expectEmit(true, true, true, true);
        emit IRollup.NetworkCreated(2, GENESIS, verifier, NONE, KEY, genesisHash);
        vm.prank(admin);
        rollup.createNetwork(2, GENESIS, verifier, NONE);
        assertEq(rollup.root(2), GENESIS);
        assertEq(rollup.verifierKey(2), KEY);
        assertEq(rollup.blockHash(2, 0), genesisHash);
        IRollup.Head memory tip = rollup.head(2);
        assertEq(tip.blockHash, genesisHash);
        assertEq(address(tip.stateVerifier), address(verifier));
        assertEq(tip.number, 0);
        assertEq(tip.windowEnd, 0);
    }

    function test_an_unknown_network_has_no_root_no_key_and_an_empty_head() public {
        bytes memory unknown = abi.encodeWithSelector(IRollup.UnknownNetwork.selector, 2);
        vm.expectRevert(unknown);
        rollup.root(2);
        vm.expectRevert(unknown);
        rollup.verifierKey(2);
        IRollup.Head memory none;
        assertEq(keccak256(abi.encode(rollup.head(2))), keccak256(abi.encode(none)));
    }

    function testFuzz_a_genesis_root_is_reduced(uint256 beyond) public {
        bytes32 unreduced = bytes32(bound(beyond, ORDER, type(uint256).max));
        vm.expectRevert(abi.encodeWithSelector(IRollup.RootNotReduced.selector, unreduced));
        vm.prank(admin);
        rollup.createNetwork(2, unreduced, verifier, NONE);
    }

    function test_the_field_ends_below_its_order() public {
        vm.expectRevert(abi.encodeWithSelector(IRollup.RootNotReduced.selector, bytes32(ORDER)));
        vm.prank(admin);
        rollup.createNetwork(2, bytes32(ORDER), verifier, NONE);
        vm.prank(admin);
        rollup.createNetwork(2, bytes32(ORDER - 1), verifier, NONE);
        assertEq(rollup.root(2), bytes32(ORDER - 1));
    }

    function test_a_verifier_has_code() public {
        for (uint160 i = 0; i < 2; ++i) {
            INovaVerifier nobody = INovaVerifier(address(i * 0xE0A));
            bytes memory reason = abi.encodeWithSelector(IRollup.NoVerifier.selector, address(nobody));
            vm.expectRevert(reason);
            vm.prank(admin);
            rollup.createNetwork(2, GENESIS, nobody, NONE);
            vm.expectRevert(reason);
            vm.prank(admin);
            rollup.setVerifiers(NETWORK, nobody, NONE);
        }
    }

    function test_a_contract_that_names_no_key_is_no_verifier() public {
        vm.expectRevert(bytes(""));
        vm.prank(admin);
        rollup.createNetwork(2, GENESIS, INovaVerifier(address(registry)), NONE);
        vm.expectRevert(bytes(""));
        vm.prank(admin);
        rollup.setVerifiers(NETWORK, INovaVerifier(address(registry)), NONE);
    }

    function test_another_verifier_checks_the_next_batch() public {
        bytes32 freshKey = keccak256("fresh");
        ScriptedVerifier fresh = new ScriptedVerifier(INovaVerifier.Kind.State, freshKey);
        vm.expectEmit(true, true, true, true);
        emit IRollup.VerifiersSet(NETWORK, fresh, NONE, freshKey);
        vm.prank(admin);
        rollup.setVerifiers(NETWORK, fresh, NONE);
        assertEq(rollup.verifierKey(NETWORK), freshKey);
        assertEq(rollup.root(NETWORK), GENESIS);
        expectRefusal(first(), abi.encodeWithSelector(IRollup.WrongVerifierKey.selector, freshKey, KEY));

        IRollup.BatchHeader memory h = first();
        h.verifierKey = freshKey;
        // The former verifier's word counts no more.
        prove(h);
        expectRefusalUnproven(h, abi.encodeWithSelector(INovaVerifier.BadLength.selector, 32, PROOF.length));
        fresh.accept(statement(h), PROOF);
        rollup.submitBatch(h, stateOnly(PROOF), attestations(h, 2));
        assertEq(rollup.root(NETWORK), h.postRoot);
    }

    function test_an_unknown_network_gets_no_verifier() public {
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnknownNetwork.selector, 9));
        vm.prank(admin);
        rollup.setVerifiers(9, verifier, NONE);
    }

    function testFuzz_only_the_admin_administers(address account) public {
        vm.assume(account != admin);
        bytes memory reason = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, account, bytes32(0)
        );
        vm.expectRevert(reason);
        vm.prank(account);
        rollup.createNetwork(2, GENESIS, verifier, NONE);
        vm.expectRevert(reason);
        vm.prank(account);
        rollup.setVerifiers(NETWORK, verifier, NONE);
        vm.expectRevert(reason);
        vm.prank(account);
        rollup.setMinimumQuorum(1);
    }
}
