// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IAttestedRollup} from "./interfaces/IAttestedRollup.sol";
import {IDspRegistry} from "./interfaces/IDspRegistry.sol";

/// @title A rollup whose roots are attested by DSPs; the chain does not verify the proofs.
/// @dev The admin (`DEFAULT_ADMIN_ROLE`) creates networks, sets verifier keys and the least quorum; it cannot
/// settle a batch or change a root.
contract AttestedRollup is IAttestedRollup, AccessControl, EIP712 {
    /// @notice How far a batch's window may run ahead of the block's time, in seconds: clocks differ, and a gas
    /// estimate runs at the time of the block before.
    uint64 public constant MAX_CLOCK_SKEW = 120;
    /// @notice EIP-712 type of a batch header.
    bytes32 public constant BATCH_HEADER_TYPEHASH = keccak256(
        "BatchHeader(uint64 network,uint64 number,bytes32 preRoot,bytes32 postRoot,bytes32 receiptsRoot,bytes32 auditRoot,bytes32 programRoot,uint64 windowStart,uint64 windowEnd,uint64 receipts,bytes32 proofDigest,bytes32 verifierKey)"
    );
    /// @notice Tag of a genesis block's hash.
    bytes32 public constant GENESIS_TAG = keccak256("nectar.rollup.genesis");

    /// @inheritdoc IAttestedRollup
    IDspRegistry public immutable registry;
    /// @inheritdoc IAttestedRollup
    uint64 public minimumQuorum = 1;
    /// @inheritdoc IAttestedRollup
    mapping(uint64 network => mapping(uint64 number => bytes32)) public blockHash;
    mapping(uint64 network => Head) private _heads;

    constructor(address admin, IDspRegistry registry_) EIP712("Nectar AttestedRollup", "1") {
        registry = registry_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IAttestedRollup
    function submitBatch(
        BatchHeader calldata header,
        bytes calldata proof,
        Attestation[] calldata attestations
    ) external {
        Head storage tip = _known(header.network);
        _checkContinues(tip, header);
        bytes32 computed = keccak256(proof);
        if (computed != header.proofDigest) revert ProofDigestMismatch(header.proofDigest, computed);
        bytes32 headerHash = _hashHeader(header);
        address[] memory signers = _checkAttestations(_hashTypedDataV4(headerHash), attestations);

        bytes32 previousHash = tip.blockHash;
        bytes32 newHash = keccak256(abi.encode(previousHash, headerHash));
        tip.attestedRoot = header.postRoot;
        tip.blockHash = newHash;
        tip.number = header.number;
        tip.windowEnd = header.windowEnd;
        blockHash[header.network][header.number] = newHash;
        emit BatchSettled(header.network, header.number, newHash, previousHash, header, signers);
    }

    /// @inheritdoc IAttestedRollup
    function createNetwork(uint64 network, bytes32 genesisRoot, bytes32 verifierKey)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        if (verifierKey == 0) revert ZeroVerifierKey();
        if (_heads[network].verifierKey != 0) revert NetworkExists(network);
        bytes32 genesisHash = keccak256(abi.encode(GENESIS_TAG, _domainSeparatorV4(), network, genesisRoot));
        _heads[network] = Head({
            attestedRoot: genesisRoot,
            blockHash: genesisHash,
            verifierKey: verifierKey,
            number: 0,
            windowEnd: 0
        });
        blockHash[network][0] = genesisHash;
        emit NetworkCreated(network, genesisRoot, verifierKey, genesisHash);
    }

    /// @inheritdoc IAttestedRollup
    function setVerifierKey(uint64 network, bytes32 verifierKey) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (verifierKey == 0) revert ZeroVerifierKey();
        _known(network).verifierKey = verifierKey;
        emit VerifierKeySet(network, verifierKey);
    }

    /// @inheritdoc IAttestedRollup
    function setMinimumQuorum(uint64 minimum) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (minimum == 0) revert QuorumTooSmall();
        minimumQuorum = minimum;
        emit MinimumQuorumSet(minimum);
    }

    /// @inheritdoc IAttestedRollup
    function quorum() public view returns (uint256) {
        uint256 majority = registry.admitted() / 2 + 1;
        return majority > minimumQuorum ? majority : minimumQuorum;
    }

    /// @inheritdoc IAttestedRollup
    function attestedRoot(uint64 network) external view returns (bytes32) {
        return _known(network).attestedRoot;
    }

    /// @inheritdoc IAttestedRollup
    function head(uint64 network) external view returns (Head memory) {
        return _heads[network];
    }

    /// @inheritdoc IAttestedRollup
    function attestationDigest(BatchHeader calldata header) external view returns (bytes32) {
        return _hashTypedDataV4(_hashHeader(header));
    }

    function _checkContinues(Head storage tip, BatchHeader calldata header) private view {
        uint64 next = tip.number + 1;
        if (header.number != next) revert WrongNumber(next, header.number);
        if (header.preRoot != tip.attestedRoot) revert WrongPreRoot(tip.attestedRoot, header.preRoot);
        if (header.verifierKey != tip.verifierKey) {
            revert WrongVerifierKey(tip.verifierKey, header.verifierKey);
        }
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

    function _known(uint64 network) private view returns (Head storage tip) {
        tip = _heads[network];
        if (tip.verifierKey == 0) revert UnknownNetwork(network);
    }

    function _hashHeader(BatchHeader calldata header) private pure returns (bytes32) {
        // Every member is static, so this is the struct's EIP-712 encoding.
        return keccak256(abi.encode(BATCH_HEADER_TYPEHASH, header));
    }
}
