// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {AttestedRollup} from "../src/AttestedRollup.sol";
import {IAttestedRollup} from "../src/interfaces/IAttestedRollup.sol";
import {Admission} from "./utils/Admission.sol";

contract AttestedRollupTest is Admission {
    uint64 internal constant NETWORK = 1;
    bytes32 internal constant GENESIS = keccak256("genesis");
    bytes32 internal constant KEY = keccak256("verifier key");
    bytes internal constant PROOF = hex"0102030405060708";

    AttestedRollup internal rollup;
    /// @dev Private keys of three active DSPs, by ascending address.
    uint256[3] internal dsps;

    function setUp() public override {
        super.setUp();
        rollup = new AttestedRollup(admin, registry);
        vm.prank(admin);
        rollup.createNetwork(NETWORK, GENESIS, KEY);
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

    function first() internal pure returns (IAttestedRollup.BatchHeader memory h) {
        h = IAttestedRollup.BatchHeader({
            network: NETWORK,
            number: 1,
            preRoot: GENESIS,
            postRoot: keccak256("post"),
            receiptsRoot: keccak256("receipts"),
            auditRoot: keccak256("audit"),
            programRoot: keccak256("programs"),
            windowStart: NOW - 60,
            windowEnd: NOW,
            receipts: 3,
            proofDigest: keccak256(PROOF),
            verifierKey: KEY
        });
    }

    function next(IAttestedRollup.BatchHeader memory h)
        internal
        pure
        returns (IAttestedRollup.BatchHeader memory n)
    {
        n = first();
        n.number = h.number + 1;
        n.preRoot = h.postRoot;
        n.postRoot = keccak256(abi.encode(h.postRoot));
    }

    function attest(uint256 key, IAttestedRollup.BatchHeader memory h)
        internal
        view
        returns (IAttestedRollup.Attestation memory)
    {
        return IAttestedRollup.Attestation(vm.addr(key), signature(key, rollup.attestationDigest(h)));
    }

    function attestations(IAttestedRollup.BatchHeader memory h, uint256 count)
        internal
        view
        returns (IAttestedRollup.Attestation[] memory list)
    {
        list = new IAttestedRollup.Attestation[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = attest(dsps[i], h);
        }
    }

    function settle(IAttestedRollup.BatchHeader memory h) internal {
        rollup.submitBatch(h, PROOF, attestations(h, 2));
    }

    function expectRefusal(IAttestedRollup.BatchHeader memory h, bytes memory reason) internal {
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(reason);
        rollup.submitBatch(h, PROOF, list);
        assertEq(rollup.attestedRoot(NETWORK), GENESIS);
    }

    // Settling

    function test_a_batch_with_a_majority_settles_and_its_root_reads_back() public {
        IAttestedRollup.BatchHeader memory h = first();
        bytes32 genesisHash = rollup.blockHash(NETWORK, 0);
        bytes32 headerHash = keccak256(abi.encode(rollup.BATCH_HEADER_TYPEHASH(), h));
        bytes32 expected = keccak256(abi.encode(genesisHash, headerHash));
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (list[0].signer, list[1].signer);

        vm.expectEmit(true, true, true, true);
        emit IAttestedRollup.BatchSettled(NETWORK, 1, expected, genesisHash, h, signers);
        rollup.submitBatch(h, PROOF, list);

        assertEq(rollup.attestedRoot(NETWORK), h.postRoot);
        assertEq(rollup.blockHash(NETWORK, 1), expected);
        IAttestedRollup.Head memory tip = rollup.head(NETWORK);
        assertEq(tip.number, 1);
        assertEq(tip.blockHash, expected);
        assertEq(tip.windowEnd, NOW);
    }

    function test_blocks_chain_over_the_ones_before() public {
        IAttestedRollup.BatchHeader memory h = first();
        for (uint256 i = 0; i < 4; ++i) {
            bytes32 before = rollup.head(NETWORK).blockHash;
            settle(h);
            bytes32 headerHash = keccak256(abi.encode(rollup.BATCH_HEADER_TYPEHASH(), h));
            assertEq(rollup.head(NETWORK).blockHash, keccak256(abi.encode(before, headerHash)));
            h = next(h);
        }
        assertEq(rollup.head(NETWORK).number, 4);
    }

    function test_the_type_hash_and_domain_are_those_of_eip_712() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Nectar AttestedRollup"),
                keccak256("1"),
                block.chainid,
                address(rollup)
            )
        );
        bytes32 headerHash = keccak256(abi.encode(rollup.BATCH_HEADER_TYPEHASH(), first()));
        assertEq(
            rollup.attestationDigest(first()), keccak256(abi.encodePacked(hex"1901", domain, headerHash))
        );
    }

    function test_a_batch_cannot_settle_twice() public {
        IAttestedRollup.BatchHeader memory h = first();
        settle(h);
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.WrongNumber.selector, 2, 1));
        rollup.submitBatch(h, PROOF, list);
    }

    // Continuity

    function testFuzz_only_the_next_number_is_accepted(uint64 number) public {
        vm.assume(number != 1);
        IAttestedRollup.BatchHeader memory h = first();
        h.number = number;
        expectRefusal(h, abi.encodeWithSelector(IAttestedRollup.WrongNumber.selector, 1, number));
    }

    function testFuzz_only_the_current_root_is_accepted(bytes32 root) public {
        vm.assume(root != GENESIS);
        IAttestedRollup.BatchHeader memory h = first();
        h.preRoot = root;
        expectRefusal(h, abi.encodeWithSelector(IAttestedRollup.WrongPreRoot.selector, GENESIS, root));
    }

    function testFuzz_only_the_networks_verifier_key_is_accepted(bytes32 key) public {
        vm.assume(key != KEY);
        IAttestedRollup.BatchHeader memory h = first();
        h.verifierKey = key;
        expectRefusal(h, abi.encodeWithSelector(IAttestedRollup.WrongVerifierKey.selector, KEY, key));
    }

    function testFuzz_networks_are_apart(uint64 network) public {
        vm.assume(network != NETWORK);
        IAttestedRollup.BatchHeader memory h = first();
        h.network = network;
        expectRefusal(h, abi.encodeWithSelector(IAttestedRollup.UnknownNetwork.selector, network));
        vm.prank(admin);
        rollup.createNetwork(network, GENESIS, KEY);
        settle(h);
        assertEq(rollup.attestedRoot(NETWORK), GENESIS);
        assertEq(rollup.attestedRoot(network), h.postRoot);
    }

    function test_an_empty_batch_is_refused() public {
        IAttestedRollup.BatchHeader memory h = first();
        h.receipts = 0;
        expectRefusal(h, abi.encodeWithSelector(IAttestedRollup.EmptyBatch.selector));
    }

    function testFuzz_a_window_is_in_order_and_not_ahead(uint64 start, uint64 end) public {
        IAttestedRollup.BatchHeader memory h = first();
        uint64 latest = NOW + rollup.MAX_CLOCK_SKEW();
        (h.windowStart, h.windowEnd) = (start, end);
        if (start <= end && end <= latest) {
            settle(h);
        } else {
            expectRefusal(
                h, abi.encodeWithSelector(IAttestedRollup.BadWindow.selector, start, end, 0, latest)
            );
        }
    }

    function test_windows_do_not_go_back() public {
        settle(first());
        IAttestedRollup.BatchHeader memory h = next(first());
        h.windowEnd = NOW - 1;
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestedRollup.BadWindow.selector, NOW - 60, NOW - 1, NOW, NOW + rollup.MAX_CLOCK_SKEW()
            )
        );
        rollup.submitBatch(h, PROOF, list);
    }

    // Proof and attestations

    function testFuzz_a_tampered_proof_is_refused(uint8 position, uint8 flip) public {
        vm.assume(flip != 0);
        bytes memory proof = PROOF;
        proof[position % proof.length] ^= bytes1(flip);
        IAttestedRollup.BatchHeader memory h = first();
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestedRollup.ProofDigestMismatch.selector, keccak256(PROOF), keccak256(proof)
            )
        );
        rollup.submitBatch(h, proof, list);
    }

    function test_a_tampered_proof_with_its_own_digest_is_not_what_was_attested() public {
        IAttestedRollup.BatchHeader memory h = first();
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
        bytes memory proof = hex"ff";
        h.proofDigest = keccak256(proof);
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.BadAttestation.selector, list[0].signer));
        rollup.submitBatch(h, proof, list);
    }

    /// @dev The members that no other check covers: only the signatures protect them.
    function testFuzz_every_free_member_is_attested(uint8 member, bytes32 value) public {
        IAttestedRollup.BatchHeader memory h = first();
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
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
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.BadAttestation.selector, list[0].signer));
        rollup.submitBatch(h, PROOF, list);
    }

    function test_attestations_count_on_one_chain_and_for_one_contract() public {
        IAttestedRollup.BatchHeader memory h = first();
        bytes32 digest = rollup.attestationDigest(h);
        assertTrue(new AttestedRollup(admin, registry).attestationDigest(h) != digest);
        vm.chainId(5);
        assertTrue(rollup.attestationDigest(h) != digest);
    }

    function test_an_unapproved_signer_is_refused() public {
        IAttestedRollup.BatchHeader memory h = first();
        IAttestedRollup.Attestation[] memory list = attestations(h, 3);
        uint256 stranger = 0x57;
        while (vm.addr(stranger) <= list[1].signer) stranger += 1;
        list[2] = attest(stranger, h);
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.NotActive.selector, vm.addr(stranger)));
        rollup.submitBatch(h, PROOF, list);
    }

    function test_a_suspended_and_a_lapsed_dsp_do_not_attest() public {
        IAttestedRollup.BatchHeader memory h = first();
        vm.prank(authorizer);
        registry.suspend(vm.addr(dsps[0]), REASON);
        expectRefusal(h, abi.encodeWithSelector(IAttestedRollup.NotActive.selector, vm.addr(dsps[0])));
        vm.prank(authorizer);
        registry.reinstate(vm.addr(dsps[0]));
        vm.prank(auditor);
        registry.revokeAudit(vm.addr(dsps[1]), REPORT);
        expectRefusal(h, abi.encodeWithSelector(IAttestedRollup.NotActive.selector, vm.addr(dsps[1])));
    }

    function test_a_signer_counts_once_and_in_order() public {
        IAttestedRollup.BatchHeader memory h = first();
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
        list[1] = list[0];
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestedRollup.SignersNotAscending.selector, list[0].signer, list[0].signer
            )
        );
        rollup.submitBatch(h, PROOF, list);

        list = attestations(h, 2);
        (list[0], list[1]) = (list[1], list[0]);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestedRollup.SignersNotAscending.selector, list[0].signer, list[1].signer
            )
        );
        rollup.submitBatch(h, PROOF, list);

        list[0].signer = address(0);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestedRollup.SignersNotAscending.selector, address(0), address(0))
        );
        rollup.submitBatch(h, PROOF, list);
    }

    function test_a_signature_is_by_the_named_signer_and_not_malleable() public {
        IAttestedRollup.BatchHeader memory h = first();
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
        list[0].signature = list[1].signature;
        expectBad(h, list, list[0].signer);
        list[0].signature = hex"00";
        expectBad(h, list, list[0].signer);

        (uint8 v, bytes32 r, bytes32 s) = vm.sign(dsps[0], rollup.attestationDigest(h));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        list[0].signature = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        expectBad(h, list, list[0].signer);
    }

    function expectBad(
        IAttestedRollup.BatchHeader memory h,
        IAttestedRollup.Attestation[] memory list,
        address signer
    ) internal {
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.BadAttestation.selector, signer));
        rollup.submitBatch(h, PROOF, list);
    }

    // Quorum

    function test_a_quorum_is_more_than_half_of_the_admitted() public {
        assertEq(rollup.quorum(), 2);
        active(0xE1);
        assertEq(rollup.quorum(), 3);
        active(0xE2);
        assertEq(rollup.quorum(), 3);
        IAttestedRollup.BatchHeader memory h = first();
        IAttestedRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.QuorumNotReached.selector, 3, 2));
        rollup.submitBatch(h, PROOF, list);
        rollup.submitBatch(h, PROOF, attestations(h, 3));
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
        AttestedRollup empty = new AttestedRollup(admin, registry);
        vm.prank(admin);
        empty.createNetwork(NETWORK, GENESIS, KEY);
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(authorizer);
            registry.suspend(vm.addr(dsps[i]), REASON);
        }
        assertEq(empty.quorum(), 1);
        IAttestedRollup.Attestation[] memory none = new IAttestedRollup.Attestation[](0);
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.QuorumNotReached.selector, 1, 0));
        empty.submitBatch(first(), PROOF, none);
    }

    function test_a_minimum_holds_when_few_are_left() public {
        vm.prank(admin);
        rollup.setMinimumQuorum(3);
        expectRefusal(first(), abi.encodeWithSelector(IAttestedRollup.QuorumNotReached.selector, 3, 2));
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.QuorumTooSmall.selector));
        vm.prank(admin);
        rollup.setMinimumQuorum(0);
    }

    // Administration

    function test_a_network_is_created_once_with_a_key() public {
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.NetworkExists.selector, NETWORK));
        vm.prank(admin);
        rollup.createNetwork(NETWORK, GENESIS, KEY);
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.ZeroVerifierKey.selector));
        vm.prank(admin);
        rollup.createNetwork(2, GENESIS, 0);
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.UnknownNetwork.selector, 2));
        rollup.attestedRoot(2);
    }

    function test_a_new_verifier_key_holds_for_the_next_batch() public {
        bytes32 fresh = keccak256("fresh");
        vm.expectEmit(true, true, true, true);
        emit IAttestedRollup.VerifierKeySet(NETWORK, fresh);
        vm.prank(admin);
        rollup.setVerifierKey(NETWORK, fresh);
        expectRefusal(first(), abi.encodeWithSelector(IAttestedRollup.WrongVerifierKey.selector, fresh, KEY));
        IAttestedRollup.BatchHeader memory h = first();
        h.verifierKey = fresh;
        settle(h);
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.ZeroVerifierKey.selector));
        vm.prank(admin);
        rollup.setVerifierKey(NETWORK, 0);
        vm.expectRevert(abi.encodeWithSelector(IAttestedRollup.UnknownNetwork.selector, 9));
        vm.prank(admin);
        rollup.setVerifierKey(9, fresh);
    }

    function testFuzz_only_the_admin_administers(address account) public {
        vm.assume(account != admin);
        bytes memory reason = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, account, bytes32(0)
        );
        vm.expectRevert(reason);
        vm.prank(account);
        rollup.createNetwork(2, GENESIS, KEY);
        vm.expectRevert(reason);
        vm.prank(account);
        rollup.setVerifierKey(NETWORK, KEY);
        vm.expectRevert(reason);
        vm.prank(account);
        rollup.setMinimumQuorum(1);
    }
}
