// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Checks the folded proof of a batch.
/// @notice What a proof shows, its bytes and its transcript: `folding-prover/DESIGN.md`.
interface INovaVerifier {
    /// @notice What a circuit shows of a batch. A proof of one kind never counts as one of the other.
    /// - `State`: some list of operations takes the pre-root to the post-root and yields the receipts;
    /// - `Execution`: programs of the registry asked for what the logs of these receipts say. Its chunks are committed
    ///   in two phases.
    enum Kind {
        None,
        State,
        Execution
    }

    /// @notice What a batch's proof is about. The chain's id belongs to it, too; the verifier adds it.
    /// @dev Roots are elements of BN254's scalar field, 32 bytes, big-endian, reduced.
    /// @param network The chain of rollup blocks that the batch belongs to.
    /// @param batch Position in that chain.
    /// @param preRoot State root before.
    /// @param postRoot State root after.
    /// @param receiptsRoot Root over the batch's receipts, in order.
    /// @param receipts Number of receipts.
    /// @param programRoot Root of the program registry.
    /// @param windowStart Earliest time of a receipt, in seconds since 1970 (UTC).
    /// @param windowEnd Latest time of a receipt.
    struct Statement {
        uint64 network;
        uint64 batch;
        bytes32 preRoot;
        bytes32 postRoot;
        bytes32 receiptsRoot;
        uint64 receipts;
        bytes32 programRoot;
        uint64 windowStart;
        uint64 windowEnd;
    }

    /// @notice The verifier key's bytes are not a key of this version.
    error BadKey();
    /// @notice Anybody can forge proofs under the development setup, so this chain does not accept its key.
    error DevelopmentKey(uint256 chainId);
    /// @notice The first bytes do not name this proof version, and this key's kind and circuit.
    error BadHeader();
    /// @notice A proof has 1 to 4,096 chunks.
    error BadChunks(uint256 got);
    /// @notice The proof has another length than its number of chunks asks for.
    error BadLength(uint256 expected, uint256 got);
    /// @notice The word at this offset of the proof, or of the statement's encoding, is not reduced.
    error NotReduced(uint256 offset);
    /// @notice A point of the proof is not on the curve, not reduced, or the identity.
    error BadPoint();
    /// @notice The sum-check over the constraints does not end in what the proof says of the folded instance.
    error OuterSumCheck();
    /// @notice The sum-check over the matrices does not end in what the proof opens.
    error InnerSumCheck();
    /// @notice The commitments do not open to what the proof says.
    error Opening();

    /// @notice Reverts unless the proof shows the statement, on this chain.
    function verify(Statement calldata statement, bytes calldata proof) external view;

    /// @notice What an accepted proof shows: never `None`.
    function kind() external view returns (Kind);

    /// @notice keccak256 of the verifier key's bytes: the circuit and the setup.
    function keyDigest() external view returns (bytes32);

    /// @notice Whether the key comes from the development setup, under which anybody can forge proofs.
    function isDevelopment() external view returns (bool);
}
