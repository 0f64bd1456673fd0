// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IDspRegistry} from "./interfaces/IDspRegistry.sol";
import {INovaVerifier} from "./interfaces/INovaVerifier.sol";
import {IRollup} from "./interfaces/IRollup.sol";

/// @title A rollup whose state transitions are proven to the chain, and whose execution DSPs attest.
/// @dev The admin (`DEFAULT_ADMIN_ROLE`) creates networks, sets verifiers and the least quorum. It cannot settle a
/// batch or change a root itself, but who names the verifier decides what counts as a proof: an admin and a quorum
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

    /// @dev What a batch reads and writes, in two slots. 48 bits of seconds last for millions of years, and so do
    /// 48 bits of batches; the last block's hash is in `blockHash`.
    struct Tip {
        bytes32 root;
        INovaVerifier verifier;
        uint48 number;
        uint48 windowEnd;
    }

    constructor(address admin, IDspRegistry registry_) EIP712("Nectar Rollup", "1") {
        registry = registry_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IRollup
    function submitBatch(
        BatchHeader calldata header,
        bytes calldata proof,
        Attestation[] calldata attestations
    ) external {
        Tip storage tip = _known(header.network);
        INovaVerifier verifier = tip.verifier;
        _checkContinues(tip, verifier, header);
        bytes32 computed = keccak256(proof);
        if (computed != header.proofDigest) revert ProofDigestMismatch(header.proofDigest, computed);
        bytes32 headerHash = _hashHeader(header);
        address[] memory signers = _checkAttestations(_hashTypedDataV4(headerHash), attestations);
        // A contract that the admin chose: a static call, so that it changes nothing, and the state is written after
        // it. What it reverts with is what this reverts with.
        verifier.verify(_statement(header), proof);

        _append(tip, header, headerHash, signers);
    }

    /// @inheritdoc IRollup
    function createNetwork(uint64 network, bytes32 genesisRoot, INovaVerifier verifier)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        if (uint256(genesisRoot) >= FIELD_MODULUS) revert RootNotReduced(genesisRoot);
        if (address(_tips[network].verifier) != address(0)) revert NetworkExists(network);
        bytes32 key = _keyOf(verifier);
        bytes32 genesisHash = keccak256(abi.encode(GENESIS_TAG, _domainSeparatorV4(), network, genesisRoot));
        _tips[network] = Tip({root: genesisRoot, verifier: verifier, number: 0, windowEnd: 0});
        blockHash[network][0] = genesisHash;
        emit NetworkCreated(network, genesisRoot, verifier, key, genesisHash);
    }

    /// @inheritdoc IRollup
    function setVerifier(uint64 network, INovaVerifier verifier) external onlyRole(DEFAULT_ADMIN_ROLE) {
        Tip storage tip = _known(network);
        bytes32 key = _keyOf(verifier);
        tip.verifier = verifier;
        emit VerifierSet(network, verifier, key);
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
        return _known(network).verifier.keyDigest();
    }

    /// @inheritdoc IRollup
    function head(uint64 network) external view returns (Head memory) {
        Tip storage tip = _tips[network];
        return Head({
            root: tip.root,
            blockHash: blockHash[network][tip.number],
            verifier: tip.verifier,
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
        // Not after `block.timestamp + MAX_CLOCK_SKEW`, and so within 48 bits.
        tip.windowEnd = uint48(header.windowEnd);
        blockHash[header.network][header.number] = newHash;
        emit BatchSettled(header.network, header.number, newHash, previousHash, header, signers);
    }

    function _checkContinues(Tip storage tip, INovaVerifier verifier, BatchHeader calldata header)
        private
        view
    {
        uint64 next = tip.number + 1;
        if (header.number != next) revert WrongNumber(next, header.number);
        if (header.preRoot != tip.root) revert WrongPreRoot(tip.root, header.preRoot);
        bytes32 key = verifier.keyDigest();
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
        if (address(tip.verifier) == address(0)) revert UnknownNetwork(network);
    }

    /// @dev Asking for the key also shows that the contract answers like a verifier.
    function _keyOf(INovaVerifier verifier) private view returns (bytes32) {
        if (address(verifier).code.length == 0) revert NoVerifier(address(verifier));
        return verifier.keyDigest();
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
