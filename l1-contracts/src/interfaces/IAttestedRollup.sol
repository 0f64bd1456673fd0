// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDspRegistry} from "./IDspRegistry.sol";

/// @title One attested state root per Nectar network.
/// @notice **This contract does not verify proofs.** A quorum of active DSPs attests that each of them verified
/// the proof whose digest is in the header; the contract checks the attestations, that the proof in calldata has
/// that digest, and that the batch continues the chain. A quorum that lies can settle a false root: hence
/// `attestedRoot`, not `root`.
interface IAttestedRollup {
    /// @notice A batch of receipts and the transition that its proof claims. Roots are field elements of BN254,
    /// 32 bytes, big-endian. Signed as EIP-712 typed data, every member included.
    /// @param network The chain of rollup blocks that the batch belongs to.
    /// @param number Position in that chain; genesis is 0, the first batch is 1.
    /// @param preRoot State root before.
    /// @param postRoot State root after.
    /// @param receiptsRoot Root over the batch's receipts, in order.
    /// @param auditRoot Root of the audit log after the batch.
    /// @param programRoot Root of the program registry that the proof refers to.
    /// @param windowStart Earliest time of a receipt, in seconds since 1970 (UTC).
    /// @param windowEnd Latest time of a receipt.
    /// @param receipts Number of receipts, at least 1.
    /// @param proofDigest keccak256 of the proof's bytes.
    /// @param verifierKey Digest of the verifier key that the proof was verified with.
    struct BatchHeader {
        uint64 network;
        uint64 number;
        bytes32 preRoot;
        bytes32 postRoot;
        bytes32 receiptsRoot;
        bytes32 auditRoot;
        bytes32 programRoot;
        uint64 windowStart;
        uint64 windowEnd;
        uint64 receipts;
        bytes32 proofDigest;
        bytes32 verifierKey;
    }

    /// @notice A DSP's statement that it verified the proof of this header.
    /// @param signer Operator address of the DSP.
    /// @param signature 65 bytes, (r, s, v), over the header's EIP-712 digest.
    struct Attestation {
        address signer;
        bytes signature;
    }

    /// @notice The tip of a network.
    /// @param attestedRoot State root after the last batch.
    /// @param blockHash Hash of the last block, over the one before it.
    /// @param verifierKey Digest of the verifier key in force; zero if there is no such network.
    /// @param number Number of the last batch.
    /// @param windowEnd Latest receipt time so far.
    struct Head {
        bytes32 attestedRoot;
        bytes32 blockHash;
        bytes32 verifierKey;
        uint64 number;
        uint64 windowEnd;
    }

    /// @notice A network began, at number 0.
    event NetworkCreated(
        uint64 indexed network, bytes32 genesisRoot, bytes32 verifierKey, bytes32 genesisHash
    );
    /// @notice A batch settled: what a node needs to follow the network.
    event BatchSettled(
        uint64 indexed network,
        uint64 indexed number,
        bytes32 indexed blockHash,
        bytes32 previousHash,
        BatchHeader header,
        address[] signers
    );
    /// @notice The least number of attestations changed.
    event MinimumQuorumSet(uint64 minimum);
    /// @notice Batches after this one are proven under another key.
    event VerifierKeySet(uint64 indexed network, bytes32 verifierKey);

    /// @notice There is no such network.
    error UnknownNetwork(uint64 network);
    /// @notice The network exists already.
    error NetworkExists(uint64 network);
    /// @notice A verifier key digest of zero names no key.
    error ZeroVerifierKey();
    /// @notice The batch is not the next one.
    error WrongNumber(uint64 expected, uint64 got);
    /// @notice The batch does not start from the current root.
    error WrongPreRoot(bytes32 expected, bytes32 got);
    /// @notice The proof was not verified with the network's key.
    error WrongVerifierKey(bytes32 expected, bytes32 got);
    /// @notice A batch has at least one receipt.
    error EmptyBatch();
    /// @notice The window ends before it starts, before the last one ended, or in the future.
    error BadWindow(uint64 start, uint64 end, uint64 earliestEnd, uint64 latestEnd);
    /// @notice The proof in calldata is not the attested one.
    error ProofDigestMismatch(bytes32 attested, bytes32 computed);
    /// @notice Too few attestations.
    error QuorumNotReached(uint256 required, uint256 got);
    /// @notice Signers must ascend strictly, so that none counts twice.
    error SignersNotAscending(address previous, address signer);
    /// @notice The signature is not by `signer` over this header on this chain for this contract.
    error BadAttestation(address signer);
    /// @notice The signer is not an active DSP.
    error NotActive(address signer);
    /// @notice At least one attestation is always needed.
    error QuorumTooSmall();

    /// @notice Settles a batch. Anyone may carry it to the chain.
    function submitBatch(
        BatchHeader calldata header,
        bytes calldata proof,
        Attestation[] calldata attestations
    ) external;

    /// @notice Begins a network from a root. Admin only.
    function createNetwork(uint64 network, bytes32 genesisRoot, bytes32 verifierKey) external;

    /// @notice Replaces a network's verifier key for the batches to come. Admin only.
    function setVerifierKey(uint64 network, bytes32 verifierKey) external;

    /// @notice Sets the least number of attestations, at least 1; a majority is needed besides. Admin only.
    function setMinimumQuorum(uint64 minimum) external;

    /// @notice The registry that says who is active.
    function registry() external view returns (IDspRegistry);

    /// @notice Attestations that a batch needs now: more than half of the admitted DSPs, and no fewer than the
    /// minimum.
    function quorum() external view returns (uint256);

    /// @notice The least number of attestations, whatever the number of DSPs.
    function minimumQuorum() external view returns (uint64);

    /// @notice The root that the last batch's attesters vouch for; the genesis root before any.
    function attestedRoot(uint64 network) external view returns (bytes32);

    /// @notice The tip of a network.
    function head(uint64 network) external view returns (Head memory);

    /// @notice Hash of a block; zero if there is none yet.
    function blockHash(uint64 network, uint64 number) external view returns (bytes32);

    /// @notice The EIP-712 digest that attesters of a header sign.
    function attestationDigest(BatchHeader calldata header) external view returns (bytes32);
}
