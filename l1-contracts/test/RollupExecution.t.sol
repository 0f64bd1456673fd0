// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../src/interfaces/INovaVerifier.sol";
import {IRollup} from "../src/interfaces/IRollup.sol";
import {ScriptedVerifier} from "./utils/ScriptedVerifier.sol";
import {Settlement} from "./utils/Settlement.sol";

/// @dev Networks whose execution is proven, too.
contract RollupExecutionTest is Settlement {
    uint64 internal constant PROVEN = 7;
    bytes32 internal constant EXECUTION_KEY = keccak256("execution verifier key");
    bytes internal constant EXECUTION = hex"a1a2a3";

    ScriptedVerifier internal executionVerifier;

    function setUp() public override {
        super.setUp();
        executionVerifier = new ScriptedVerifier(INovaVerifier.Kind.Execution, EXECUTION_KEY);
        vm.prank(admin);
        rollup.createNetwork(PROVEN, GENESIS, verifier, executionVerifier);
    }

    function both() internal pure returns (IRollup.Proofs memory) {
        return IRollup.Proofs({state: PROOF, execution: EXECUTION});
    }

    function digest(bytes memory state, bytes memory execution) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(state), keccak256(execution)));
    }

    function firstProven() internal pure returns (IRollup.BatchHeader memory h) {
        h = first();
        h.network = PROVEN;
        h.proofDigest = digest(PROOF, EXECUTION);
        h.verifierKey = keccak256(bytes.concat(KEY, EXECUTION_KEY));
    }

    /// @dev From now on, both verifiers take the two proofs for proofs of this header.
    function proveBoth(IRollup.BatchHeader memory h) internal {
        verifier.accept(statement(h), PROOF);
        executionVerifier.accept(statement(h), EXECUTION);
    }

    function expectRefusalOf(IRollup.BatchHeader memory h, IRollup.Proofs memory proofs, bytes memory reason)
        internal
    {
        IRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(reason);
        rollup.submitBatch(h, proofs, list);
        assertEq(rollup.root(PROVEN), GENESIS);
    }

    // Settling

    function test_a_batch_settles_with_both_proofs() public {
        IRollup.BatchHeader memory h = firstProven();
        proveBoth(h);
        rollup.submitBatch(h, both(), attestations(h, 2));
        assertEq(rollup.root(PROVEN), h.postRoot);
        assertEq(rollup.head(PROVEN).number, 1);
        // What the tip packs beside the number is still there.
        assertEq(address(rollup.head(PROVEN).executionVerifier), address(executionVerifier));
        assertEq(rollup.verifierKey(PROVEN), h.verifierKey);
    }

    function test_neither_proof_settles_alone() public {
        IRollup.BatchHeader memory h = firstProven();
        verifier.accept(statement(h), PROOF);
        expectRefusalOf(
            h, both(), abi.encodeWithSelector(INovaVerifier.BadLength.selector, 32, EXECUTION.length)
        );
        verifier.accept(statement(h), "");
        executionVerifier.accept(statement(h), EXECUTION);
        expectRefusalOf(h, both(), abi.encodeWithSelector(INovaVerifier.BadLength.selector, 32, PROOF.length));
        proveBoth(h);
        rollup.submitBatch(h, both(), attestations(h, 2));
    }

    function test_a_missing_execution_proof_is_no_proof() public {
        IRollup.BatchHeader memory h = firstProven();
        h.proofDigest = digest(PROOF, "");
        proveBoth(h);
        expectRefusalOf(h, stateOnly(PROOF), abi.encodeWithSelector(INovaVerifier.BadLength.selector, 32, 0));
    }

    /// @dev The digest of one proof is none of two, even if its bytes are two digests.
    function test_one_proof_that_is_the_two_digests_is_not_what_was_attested() public {
        IRollup.BatchHeader memory h = firstProven();
        proveBoth(h);
        bytes memory digests = bytes.concat(keccak256(PROOF), keccak256(EXECUTION));
        expectRefusalOf(
            h,
            stateOnly(digests),
            abi.encodeWithSelector(IRollup.ProofDigestMismatch.selector, h.proofDigest, digest(digests, ""))
        );
    }

    function test_an_execution_proof_that_nobody_reads_is_refused() public {
        IRollup.BatchHeader memory h = first();
        prove(h);
        IRollup.Attestation[] memory list = attestations(h, 2);
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnexpectedProof.selector, EXECUTION.length));
        rollup.submitBatch(h, both(), list);
        rollup.submitBatch(h, stateOnly(PROOF), list);
    }

    function test_proofs_do_not_change_places() public {
        IRollup.BatchHeader memory h = firstProven();
        proveBoth(h);
        IRollup.Proofs memory swapped = IRollup.Proofs({state: EXECUTION, execution: PROOF});
        bytes32 computed = digest(EXECUTION, PROOF);
        expectRefusalOf(
            h, swapped, abi.encodeWithSelector(IRollup.ProofDigestMismatch.selector, h.proofDigest, computed)
        );
        h.proofDigest = computed;
        expectRefusalOf(
            h, swapped, abi.encodeWithSelector(INovaVerifier.BadLength.selector, 32, EXECUTION.length)
        );
    }

    /// @dev The execution proof is of a statement that differs in one member from the state proof's.
    function testFuzz_both_proofs_are_of_the_very_same_statement(uint8 member, uint256 value, bool execution)
        public
    {
        IRollup.BatchHeader memory h = firstProven();
        proveBoth(h);
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
        if (execution) executionVerifier.accept(s, EXECUTION);
        else verifier.accept(s, PROOF);
        expectRefusalOf(h, both(), abi.encodeWithSelector(INovaVerifier.OuterSumCheck.selector));
        proveBoth(h);
        rollup.submitBatch(h, both(), attestations(h, 2));
    }

    function testFuzz_a_tampered_proof_is_not_the_attested_one(uint8 position, uint8 flip, bool execution)
        public
    {
        vm.assume(flip != 0);
        IRollup.BatchHeader memory h = firstProven();
        proveBoth(h);
        IRollup.Proofs memory proofs = both();
        bytes memory changed = execution ? proofs.execution : proofs.state;
        changed[position % changed.length] ^= bytes1(flip);
        bytes32 computed = digest(proofs.state, proofs.execution);
        expectRefusalOf(
            h, proofs, abi.encodeWithSelector(IRollup.ProofDigestMismatch.selector, h.proofDigest, computed)
        );
    }

    function testFuzz_both_keys_are_named(bytes32 key) public {
        IRollup.BatchHeader memory h = firstProven();
        bytes32 expected = h.verifierKey;
        vm.assume(key != expected);
        proveBoth(h);
        h.verifierKey = key;
        bytes4 wrong = IRollup.WrongVerifierKey.selector;
        expectRefusalOf(h, both(), abi.encodeWithSelector(wrong, expected, key));
        h.verifierKey = KEY;
        expectRefusalOf(h, both(), abi.encodeWithSelector(wrong, expected, KEY));
        h.verifierKey = EXECUTION_KEY;
        expectRefusalOf(h, both(), abi.encodeWithSelector(wrong, expected, EXECUTION_KEY));
    }

    function test_two_proofs_do_not_replace_a_quorum() public {
        IRollup.BatchHeader memory h = firstProven();
        proveBoth(h);
        IRollup.Attestation[] memory none = new IRollup.Attestation[](0);
        vm.expectRevert(abi.encodeWithSelector(IRollup.QuorumNotReached.selector, 2, 0));
        rollup.submitBatch(h, both(), none);
    }

    // Administration

    function test_a_network_begins_with_both_verifiers() public {
        bytes32 key = keccak256(bytes.concat(KEY, EXECUTION_KEY));
        vm.expectEmit(true, true, true, false);
        emit IRollup.NetworkCreated(8, GENESIS, verifier, executionVerifier, key, 0);
        vm.prank(admin);
        rollup.createNetwork(8, GENESIS, verifier, executionVerifier);
        assertEq(rollup.verifierKey(8), key);
        IRollup.Head memory tip = rollup.head(8);
        assertEq(address(tip.stateVerifier), address(verifier));
        assertEq(address(tip.executionVerifier), address(executionVerifier));
    }

    function test_one_kind_of_verifier_does_not_stand_for_the_other() public {
        INovaVerifier.Kind none = INovaVerifier.Kind.None;
        INovaVerifier.Kind state = INovaVerifier.Kind.State;
        INovaVerifier.Kind execution = INovaVerifier.Kind.Execution;
        ScriptedVerifier neither = new ScriptedVerifier(none, KEY);
        expectWrongKind(executionVerifier, NONE, executionVerifier, state, execution);
        expectWrongKind(executionVerifier, verifier, executionVerifier, state, execution);
        expectWrongKind(verifier, verifier, verifier, execution, state);
        expectWrongKind(neither, NONE, neither, state, none);
        expectWrongKind(verifier, neither, neither, execution, none);
    }

    function expectWrongKind(
        INovaVerifier state,
        INovaVerifier execution,
        INovaVerifier wrong,
        INovaVerifier.Kind expected,
        INovaVerifier.Kind got
    ) private {
        bytes memory reason = abi.encodeWithSelector(
            IRollup.WrongKind.selector, address(wrong), expected, got
        );
        vm.expectRevert(reason);
        vm.prank(admin);
        rollup.createNetwork(9, GENESIS, state, execution);
        vm.expectRevert(reason);
        vm.prank(admin);
        rollup.setVerifiers(PROVEN, state, execution);
        assertEq(address(rollup.head(9).stateVerifier), address(0));
        assertEq(address(rollup.head(PROVEN).stateVerifier), address(verifier));
        assertEq(address(rollup.head(PROVEN).executionVerifier), address(executionVerifier));
    }

    function test_an_execution_verifier_has_code() public {
        INovaVerifier nobody = INovaVerifier(address(0xE0A));
        vm.expectRevert(abi.encodeWithSelector(IRollup.NoVerifier.selector, address(nobody)));
        vm.prank(admin);
        rollup.createNetwork(9, GENESIS, verifier, nobody);
    }

    function test_a_network_goes_from_attested_to_proven_execution_and_back() public {
        settle(first());
        vm.expectEmit(true, true, true, true);
        emit IRollup.VerifiersSet(
            NETWORK, verifier, executionVerifier, keccak256(bytes.concat(KEY, EXECUTION_KEY))
        );
        vm.prank(admin);
        rollup.setVerifiers(NETWORK, verifier, executionVerifier);
        IRollup.BatchHeader memory h = next(first());
        IRollup.Attestation[] memory list = attestations(h, 2);
        prove(h);
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.WrongVerifierKey.selector, rollup.verifierKey(NETWORK), KEY)
        );
        rollup.submitBatch(h, stateOnly(PROOF), list);
        (h.proofDigest, h.verifierKey) = (firstProven().proofDigest, firstProven().verifierKey);
        proveBoth(h);
        rollup.submitBatch(h, both(), attestations(h, 2));
        assertEq(rollup.root(NETWORK), h.postRoot);

        vm.prank(admin);
        rollup.setVerifiers(NETWORK, verifier, NONE);
        assertEq(address(rollup.head(NETWORK).executionVerifier), address(0));
        h = next(h);
        settle(h);
        assertEq(rollup.head(NETWORK).number, 3);
        assertEq(rollup.head(NETWORK).windowEnd, NOW);
    }

    function testFuzz_only_the_admin_changes_verifiers(address account) public {
        vm.assume(account != admin);
        bytes memory reason =
            abi.encodeWithSignature("AccessControlUnauthorizedAccount(address,bytes32)", account, bytes32(0));
        vm.expectRevert(reason);
        vm.prank(account);
        rollup.setVerifiers(PROVEN, verifier, NONE);
    }
}
