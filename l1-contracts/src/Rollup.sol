// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IDspRegistry} from "./interfaces/IDspRegistry.sol";
import {INovaVerifier} from "./interfaces/INovaVerifier.sol";
import {IRollup} from "./interfaces/IRollup.sol";

/// @title A rollup whose state transitions are proven to the chain, and whose execution is proven or attested by DSPs.
/// @dev The admin (`DEFAULT_ADMIN_ROLE`) creates networks, sets verifiers and the least quorum. It cannot settle a
/// batch or change a root itself, but who names the verifiers decides what counts as a proof: an admin and a quorum
/// together can settle anything.
contract Rollup is IRollup, AccessControl, EIP712 {
    /// @notice How far a batch's window may run ahead of the block's time, in seconds: clocks differ, and a gas
    /// estimate runs at the time of the block before.
    uint64 public constant MAX_CLOCK_SKEW = 120;
    /// @notice EIP-712 type of a batch header.
    bytes32 public constant BATCH_HEADER_TYPEHASH = keccak256(
        "BatchHeader(uint64 network,uint64 number,bytes32 preRoot,bytes32 postRoot,bytes32 receiptsRoot,bytes32 auditRoot,bytes32 programRoot,uint64 windowStart,uint64 windowEnd,uint64 receipts,bytes32 proofDigest,bytes32 verifierKey)"
    );
    /// @notice Order of BN254's scalar field: every root is below it.
    uint256 public constant FIELD_MODULUS =
        0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    /// @notice Tag of a genesis block's hash.
    bytes32 public constant GENESIS_TAG = keccak256("nectar.rollup.genesis");

    /// @inheritdoc IRollup
    IDspRegistry public immutable registry;
    /// @inheritdoc IRollup
    uint64 public minimumQuorum = 1;
    /// @inheritdoc IRollup
    mapping(uint64 network => mapping(uint64 number => bytes32)) public blockHash;
    mapping(uint64 network => Tip) private _tips;

    /// @dev What a batch reads and writes. The third slot is read only where execution is proven. 40 bits of seconds last
    /// for 34,000 years, 48 bits of batches longer; the last block's hash is in `blockHash`.
    struct Tip {
        bytes32 root;
        INovaVerifier stateVerifier;
        uint48 number;
        uint40 windowEnd;
        bool provesExecution;
        INovaVerifier executionVerifier;
    }

    constructor(address admin, IDspRegistry registry_) EIP712("Nectar Rollup", "1") {
        registry = registry_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IRollup
    function submitBatch(
        BatchHeader calldata header,
        Proofs calldata proofs,
        Attestation[] calldata attestations
    ) external {
        Tip storage tip = _known(header.network);
        (INovaVerifier state, INovaVerifier execution) = _verifiers(tip);
        _checkContinues(tip, _keyOf(state, execution), header);
        bytes32 computed = _digest(proofs, address(execution) != address(0));
        if (computed != header.proofDigest) revert ProofDigestMismatch(header.proofDigest, computed);
        bytes32 headerHash = _hashHeader(header);
        address[] memory signers = _checkAttestations(_hashTypedDataV4(headerHash), attestations);
        // Contracts that the admin chose: static calls, so that they change nothing, and the state is written after
        // them. What one reverts with is what this reverts with. Both are asked about the very same statement: that is
        // what ties the execution of these receipts to the state that they lead to.
        INovaVerifier.Statement memory statement = _statement(header);
        state.verify(statement, proofs.state);
        if (address(execution) != address(0)) execution.verify(statement, proofs.execution);

        _append(tip, header, headerHash, signers);
    }

    /// @inheritdoc IRollup
    function createNetwork(
        uint64 network,
        bytes32 genesisRoot,
        INovaVerifier stateVerifier,
        INovaVerifier executionVerifier
    ) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (uint256(genesisRoot) >= FIELD_MODULUS) {
            revert RootNotReduced(genesisRoot);
        }
        Tip storage tip = _tips[network];
        if (address(tip.stateVerifier) != address(0)) revert NetworkExists(network);
        tip.root = genesisRoot;
        bytes32 key = _appoint(tip, stateVerifier, executionVerifier);
        bytes32 genesisHash = keccak256(abi.encode(GENESIS_TAG, _domainSeparatorV4(), network, genesisRoot));
        blockHash[network][0] = genesisHash;
        emit NetworkCreated(network, genesisRoot, stateVerifier, executionVerifier, key, genesisHash);
    }

    /// @inheritdoc IRollup
    function setVerifiers(uint64 network, INovaVerifier stateVerifier, INovaVerifier executionVerifier)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        bytes32 key = _appoint(_known(network), stateVerifier, executionVerifier);
        emit VerifiersSet(network, stateVerifier, executionVerifier, key);
    }

    /// @inheritdoc IRollup
    function setMinimumQuorum(uint64 minimum) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (minimum == 0) revert QuorumTooSmall();
        minimumQuorum = minimum;
        emit MinimumQuorumSet(minimum);
    }

    /// @inheritdoc IRollup
    function quorum() public view returns (uint256) {
        uint256 majority = registry.admitted() / 2 + 1;
        return majority > minimumQuorum ? majority : minimumQuorum;
    }

    /// @inheritdoc IRollup
    function root(uint64 network) external view returns (bytes32) {
        return _known(network).root;
    }

    /// @inheritdoc IRollup
    function verifierKey(uint64 network) external view returns (bytes32) {
        (INovaVerifier state, INovaVerifier execution) = _verifiers(_known(network));
        return _keyOf(state, execution);
    }

    /// @inheritdoc IRollup
    function head(uint64 network) external view returns (Head memory) {
        Tip storage tip = _tips[network];
        return Head({
            root: tip.root,
            blockHash: blockHash[network][tip.number],
            stateVerifier: tip.stateVerifier,
            executionVerifier: tip.executionVerifier,
            number: tip.number,
            windowEnd: tip.windowEnd
        });
    }

    /// @inheritdoc IRollup
    function attestationDigest(BatchHeader calldata header) external view returns (bytes32) {
        return _hashTypedDataV4(_hashHeader(header));
    }

    function _append(
        Tip storage tip,
        BatchHeader calldata header,
        bytes32 headerHash,
        address[] memory signers
    ) private {
        bytes32 previousHash = blockHash[header.network][tip.number];
        bytes32 newHash = keccak256(abi.encode(previousHash, headerHash));
        tip.root = header.postRoot;
        tip.number += 1;
        // Not after `block.timestamp + MAX_CLOCK_SKEW`, and so within 40 bits.
        tip.windowEnd = uint40(header.windowEnd);
        blockHash[header.network][header.number] = newHash;
        emit BatchSettled(header.network, header.number, newHash, previousHash, header, signers);
    }

    function _checkContinues(Tip storage tip, bytes32 key, BatchHeader calldata header) private view {
        uint64 next = tip.number + 1;
        if (header.number != next) revert WrongNumber(next, header.number);
        if (header.preRoot != tip.root) revert WrongPreRoot(tip.root, header.preRoot);
        if (header.verifierKey != key) revert WrongVerifierKey(key, header.verifierKey);
        if (header.receipts == 0) revert EmptyBatch();
        uint64 latest = uint64(block.timestamp) + MAX_CLOCK_SKEW;
        if (
            header.windowStart > header.windowEnd || header.windowEnd < tip.windowEnd
                || header.windowEnd > latest
        ) {
            revert BadWindow(header.windowStart, header.windowEnd, tip.windowEnd, latest);
        }
    }

    /// @dev Extra attestations are checked like the rest: one bad one refuses the batch.
    function _checkAttestations(bytes32 digest, Attestation[] calldata attestations)
        private
        view
        returns (address[] memory signers)
    {
        uint256 required = quorum();
        if (attestations.length < required) revert QuorumNotReached(required, attestations.length);
        signers = new address[](attestations.length);
        address previous = address(0);
        for (uint256 i = 0; i < attestations.length; ++i) {
            address signer = attestations[i].signer;
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            // Refuses s in the upper half too, and never yields the zero address without an error.
            (address recovered, ECDSA.RecoverError err,) =
                ECDSA.tryRecoverCalldata(digest, attestations[i].signature);
            if (err != ECDSA.RecoverError.NoError || recovered != signer) revert BadAttestation(signer);
            if (!registry.isActive(signer)) revert NotActive(signer);
            signers[i] = signer;
            previous = signer;
        }
    }

    function _known(uint64 network) private view returns (Tip storage tip) {
        tip = _tips[network];
        if (address(tip.stateVerifier) == address(0)) revert UnknownNetwork(network);
    }

    /// @dev The second is zero where execution is attested.
    function _verifiers(Tip storage tip) private view returns (INovaVerifier state, INovaVerifier execution) {
        state = tip.stateVerifier;
        if (tip.provesExecution) execution = tip.executionVerifier;
    }

    /// @dev Puts verifiers to use, and gives the digest of their keys.
    function _appoint(Tip storage tip, INovaVerifier state, INovaVerifier execution)
        private
        returns (bytes32)
    {
        bool provesExecution = address(execution) != address(0);
        _requireKind(state, INovaVerifier.Kind.State);
        if (provesExecution) _requireKind(execution, INovaVerifier.Kind.Execution);
        tip.stateVerifier = state;
        tip.provesExecution = provesExecution;
        tip.executionVerifier = execution;
        return _keyOf(state, execution);
    }

    /// @dev Else one kind could stand for the other. Asking also shows that the contract answers like a verifier.
    function _requireKind(INovaVerifier verifier, INovaVerifier.Kind expected) private view {
        if (address(verifier).code.length == 0) revert NoVerifier(address(verifier));
        INovaVerifier.Kind kind = verifier.kind();
        if (kind != expected) revert WrongKind(address(verifier), expected, kind);
    }

    /// @dev What a header names: the state verifier's key, or both.
    function _keyOf(INovaVerifier state, INovaVerifier execution) private view returns (bytes32 key) {
        key = state.keyDigest();
        if (address(execution) != address(0)) key = keccak256(abi.encode(key, execution.keyDigest()));
    }

    /// @dev What a header names: the state proof's bytes, or both proofs'. Bytes that no verifier reads are refused, so
    /// that a batch has one encoding.
    function _digest(Proofs calldata proofs, bool provesExecution) private pure returns (bytes32 digest) {
        digest = keccak256(proofs.state);
        if (provesExecution) {
            digest = keccak256(abi.encode(digest, keccak256(proofs.execution)));
        } else if (proofs.execution.length != 0) {
            revert UnexpectedProof(proofs.execution.length);
        }
    }

    /// @dev The verifier adds the chain's id. The audit root and the digests are not part of what is proven.
    function _statement(BatchHeader calldata header) private pure returns (INovaVerifier.Statement memory) {
        return INovaVerifier.Statement({
            network: header.network,
            batch: header.number,
            preRoot: header.preRoot,
            postRoot: header.postRoot,
            receiptsRoot: header.receiptsRoot,
            receipts: header.receipts,
            programRoot: header.programRoot,
            windowStart: header.windowStart,
            windowEnd: header.windowEnd
        });
    }

    function _hashHeader(BatchHeader calldata header) private pure returns (bytes32) {
        // Every member is static, so this is the struct's EIP-712 encoding.
        return keccak256(abi.encode(BATCH_HEADER_TYPEHASH, header));
    }
}
