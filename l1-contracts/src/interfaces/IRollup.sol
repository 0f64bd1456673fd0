// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDspRegistry} from "./IDspRegistry.sol";
import {INovaVerifier} from "./INovaVerifier.sol";

/// @title One proven state root per Nectar network.
/// @notice A batch settles with all of these, and with nothing less:
/// - **a proof that the network's state verifier accepts**: applying `receipts` receipts, in the order of
///   `receiptsRoot`, takes the network from `preRoot` to `postRoot`. Nobody is trusted for this;
/// - where the network has an execution verifier, **a proof that it accepts** of the very same statement: what the
///   verifier's circuit shows of the programs behind these receipts;
/// - **attestations of a quorum of active DSPs**, each of which vouches for what no proof covers. Without an execution
///   verifier that is above all that the contracts' code, as the program registry has it, asked for these operations;
///   with or without one, what neither circuit shows (`folding-prover/DESIGN.md`), and the audit root. A quorum that
///   lies can settle operations that no contract asked for where execution is not proven, but never a root that the
///   operations do not lead to.
interface IRollup {
    /// @notice A batch of receipts and the transition that its proof shows. Signed as EIP-712 typed data, every
    /// member included. Roots are elements of BN254's scalar field, 32 bytes, big-endian, reduced; the audit root
    /// is a hash.
    /// @param network The chain of rollup blocks that the batch belongs to.
    /// @param number Position in that chain; genesis is 0, the first batch is 1.
    /// @param preRoot State root before.
    /// @param postRoot State root after.
    /// @param receiptsRoot Root over the batch's receipts, in order.
    /// @param auditRoot Head of the audit log after the batch; attested, not proven.
    /// @param programRoot Root of the program registry. A state proof names it, and shows nothing about it.
    /// @param windowStart Earliest time of a receipt, in seconds since 1970 (UTC); named likewise.
    /// @param windowEnd Latest time of a receipt.
    /// @param receipts Number of receipts, at least 1.
    /// @param proofDigest keccak256 of the state proof's bytes; with an execution verifier, keccak256 of that and of
    /// keccak256 of the execution proof's bytes (64 bytes).
    /// @param verifierKey Digest of the state verifier's key; with an execution verifier, keccak256 of that and of the
    /// digest of its key (64 bytes).
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

    /// @notice The proofs of one batch.
    /// @param state For the state verifier.
    /// @param execution For the execution verifier; empty if the network has none.
    struct Proofs {
        bytes state;
        bytes execution;
    }

    /// @notice A DSP's statement that it executed the batch itself and came to this header.
    /// @param signer Operator address of the DSP.
    /// @param signature 65 bytes, (r, s, v), over the header's EIP-712 digest.
    struct Attestation {
        address signer;
        bytes signature;
    }

    /// @notice The tip of a network.
    /// @param root State root after the last batch.
    /// @param blockHash Hash of the last block, over the one before it.
    /// @param stateVerifier Contract that checks state proofs; zero if there is no such network.
    /// @param executionVerifier Contract that checks execution proofs; zero if execution is attested.
    /// @param number Number of the last batch.
    /// @param windowEnd Latest receipt time so far.
    struct Head {
        bytes32 root;
        bytes32 blockHash;
        INovaVerifier stateVerifier;
        INovaVerifier executionVerifier;
        uint64 number;
        uint64 windowEnd;
    }

    /// @notice A network began, at number 0. `verifierKey` is what headers name.
    event NetworkCreated(
        uint64 indexed network,
        bytes32 genesisRoot,
        INovaVerifier stateVerifier,
        INovaVerifier executionVerifier,
        bytes32 verifierKey,
        bytes32 genesisHash
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
    /// @notice Batches from now on are checked by these verifiers. `verifierKey` is what headers name.
    event VerifiersSet(
        uint64 indexed network,
        INovaVerifier stateVerifier,
        INovaVerifier executionVerifier,
        bytes32 verifierKey
    );

    /// @notice There is no such network.
    error UnknownNetwork(uint64 network);
    /// @notice The network exists already.
    error NetworkExists(uint64 network);
    /// @notice There is no code at the verifier's address.
    error NoVerifier(address verifier);
    /// @notice The verifier is for proofs of the other kind.
    error WrongKind(address verifier, INovaVerifier.Kind expected, INovaVerifier.Kind got);
    /// @notice A root is an element of BN254's scalar field; this word is not reduced.
    error RootNotReduced(bytes32 root);
    /// @notice The batch is not the next one.
    error WrongNumber(uint64 expected, uint64 got);
    /// @notice The batch does not start from the current root.
    error WrongPreRoot(bytes32 expected, bytes32 got);
    /// @notice The proofs are not for the keys of the network's verifiers.
    error WrongVerifierKey(bytes32 expected, bytes32 got);
    /// @notice A batch has at least one receipt.
    error EmptyBatch();
    /// @notice The window ends before it starts, before the last one ended, or in the future.
    error BadWindow(uint64 start, uint64 end, uint64 earliestEnd, uint64 latestEnd);
    /// @notice There is an execution proof of this many bytes, and no verifier that would read it.
    error UnexpectedProof(uint256 got);
    /// @notice The proofs in calldata are not the attested ones.
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
    /// @dev Reverts with an error of this interface, or with a verifier's own (`INovaVerifier`).
    function submitBatch(
        BatchHeader calldata header,
        Proofs calldata proofs,
        Attestation[] calldata attestations
    ) external;

    /// @notice Begins a network from a root. Admin only.
    /// @dev Verifiers must be of their kinds (`WrongKind`).
    /// @param executionVerifier Zero if execution is attested.
    function createNetwork(
        uint64 network,
        bytes32 genesisRoot,
        INovaVerifier stateVerifier,
        INovaVerifier executionVerifier
    ) external;

    /// @notice Replaces a network's verifiers for the batches to come. Admin only.
    /// @dev Both at once: what the two circuits mean by a receipt has to be the same at every moment.
    /// @param executionVerifier Zero if execution is attested from now on.
    function setVerifiers(uint64 network, INovaVerifier stateVerifier, INovaVerifier executionVerifier)
        external;

    /// @notice Sets the least number of attestations, at least 1; a majority is needed besides. Admin only.
    function setMinimumQuorum(uint64 minimum) external;

    /// @notice The registry that says who is active.
    function registry() external view returns (IDspRegistry);

    /// @notice Attestations that a batch needs now: more than half of the admitted DSPs, and no fewer than the
    /// minimum.
    function quorum() external view returns (uint256);

    /// @notice The least number of attestations, whatever the number of DSPs.
    function minimumQuorum() external view returns (uint64);

    /// @notice The root that the last batch's proof leads to; the genesis root before any.
    function root(uint64 network) external view returns (bytes32);

    /// @notice What the next header has to name: the digest of the verifiers' keys in force, as they tell it.
    function verifierKey(uint64 network) external view returns (bytes32);

    /// @notice The tip of a network; all zero if there is none.
    function head(uint64 network) external view returns (Head memory);

    /// @notice Hash of a block; zero if there is none yet.
    function blockHash(uint64 network, uint64 number) external view returns (bytes32);

    /// @notice The EIP-712 digest that attesters of a header sign.
    function attestationDigest(BatchHeader calldata header) external view returns (bytes32);
}
