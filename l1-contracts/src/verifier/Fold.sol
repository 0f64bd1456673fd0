// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Curve, Point, Sum} from "./Curve.sol";
import {Fr, FrLib, ONE, ZERO} from "./Fr.sol";
import {Layout} from "./Layout.sol";
import {Phases, Shift} from "./Phases.sol";
import {Words} from "./Words.sol";

/// @dev A relaxed R1CS instance.
/// @param w Commitment to the witness.
/// @param e Commitment to the error term.
/// @param u Scalar of the relaxed relation.
/// @param x Public inputs.
struct Instance {
    Point w;
    Point e;
    Fr u;
    Fr[] x;
}

/// @dev What the fold needs of a verifier key.
/// @param digest keccak256 of the key's bytes.
/// @param firstPhase Number of the variables before those of the second phase; zero if there is one phase.
/// @param hiding The generator of blinds.
struct FoldKey {
    bytes32 digest;
    uint256 firstPhase;
    Point hiding;
}

/// @dev The fold so far.
/// @param context Hash of label, key and statement; with two phases, of all first phases besides.
/// @param challenges Of each node, in the order in which nodes are complete (post-order).
/// @param leaves What each chunk counts for.
/// @param nodes What each cross term counts for.
struct Tree {
    bytes32 context;
    Fr[] challenges;
    Fr[] leaves;
    Fr[] nodes;
}

/// @title Repeats the folding of a proof's chunks into one instance.
/// @dev Nova's folding scheme as a tree (RFC 6962: the left side is the largest power of two below the number of leaves).
/// `W = W1 + r W2`, `u = u1 + r u2`, `x = x1 + r x2`, `E = E1 + r T + r^2 E2`, where r is the hash of all that was
/// folded at the node. Nothing of the folded instance comes from the proof. Source: `folding-prover/DESIGN.md`. With two
/// phases (`Phases`), a chunk's W is the sum of two commitments, and two of its public inputs are challenges.
library Fold {
    using Curve for Sum;
    using FrLib for Fr[];
    using Words for bytes;

    /// @dev The statement's encoding starts with it.
    bytes32 private constant STATEMENT = "nectar/statement/v2";
    bytes16 private constant LABEL = "nectar/fold/v2";
    uint256 private constant INPUTS = 9;

    /// @notice The folded instance, without its blinds, and what else the last pairing has to check.
    function instance(
        FoldKey memory key,
        INovaVerifier.Statement calldata statement,
        bytes calldata proof,
        Layout memory parts
    ) internal view returns (Instance memory folded, Shift memory shift) {
        bytes memory encoded = abi.encode(STATEMENT, block.chainid, statement);
        Tree memory tree = Tree({
            context: keccak256(abi.encodePacked(LABEL, key.digest, encoded)),
            challenges: new Fr[](parts.chunks - 1),
            leaves: new Fr[](parts.chunks),
            nodes: new Fr[](parts.chunks - 1)
        });
        bool twoPhases = key.firstPhase != 0;
        Fr[5] memory shared = [
            Fr.wrap(uint256(statement.preRoot)),
            Fr.wrap(uint256(statement.postRoot)),
            Fr.wrap(uint256(statement.receiptsRoot)),
            Fr.wrap(statement.receipts),
            FrLib.fromHash(keccak256(encoded))
        ];
        if (twoPhases) {
            tree.context = Phases.first(tree.context, proof, parts);
            (shared[0], shared[1]) = Phases.challenges(tree.context);
        }
        bytes32 root = hashes(tree, proof, parts, 0, parts.chunks, 0);
        weigh(tree, 0, parts.chunks, 0, ONE, ONE);
        bytes32 sealed_ = seal(tree.context, root, proof, parts);
        Fr r = FrLib.fromHash(sealed_);
        (folded.u, folded.x) = inputs(tree, proof, parts, r);
        addShared(folded, tree, shared);
        Sum w = Curve.zero();
        if (twoPhases) {
            addWeighted(w, tree, proof, parts.secondPhase, parts.random + 64, r);
            shift = Phases.shift(key.firstPhase, key.hiding, sealed_, w.value(), proof, parts);
        }
        addWeighted(w, tree, proof, parts.witnesses, parts.random, r);
        w.addTimes(key.hiding, ZERO - proof.scalar(parts.blinds));
        folded.w = w.value();
        folded.e = errors(key, tree, proof, parts, r);
    }

    /// @dev The hash of the subtree with `count` chunks from `first` on, whose nodes start at `node`.
    function hashes(
        Tree memory tree,
        bytes calldata proof,
        Layout memory parts,
        uint256 first,
        uint256 count,
        uint256 node
    ) private pure returns (bytes32 digest) {
        unchecked {
            if (count == 1) return leaf(tree.context, proof, parts, first);
            uint256 left = split(count);
            bytes32 leftHash = hashes(tree, proof, parts, first, left, node);
            bytes32 rightHash = hashes(tree, proof, parts, first + left, count - left, node + left - 1);
            node += count - 2;
            uint256 term = parts.crossTerms + 64 * node;
            // `abi.encodePacked` of slices costs three times as much, here and below.
            assembly ("memory-safe") {
                let buffer := mload(0x40)
                mstore8(buffer, 1)
                mstore(add(buffer, 1), leftHash)
                mstore(add(buffer, 33), rightHash)
                calldatacopy(add(buffer, 65), add(proof.offset, term), 64)
                digest := keccak256(buffer, 129)
            }
            tree.challenges[node] = FrLib.fromHash(digest);
        }
    }

    /// @dev `Keccak(0, context, number, flags, witness commitments, start, end)`.
    function leaf(bytes32 context, bytes calldata proof, Layout memory parts, uint256 i)
        private
        pure
        returns (bytes32 digest)
    {
        unchecked {
            uint256 flags = (i == 0 ? 1 : 0) | (i + 1 == parts.chunks ? 2 : 0);
            uint256 point = parts.witnesses + 64 * i;
            // The second phase's lies behind those of all first ones.
            uint256 second = parts.secondPhase == parts.crossTerms ? 0 : parts.secondPhase + 64 * i;
            uint256 ends = parts.boundaries + 32 * i;
            assembly ("memory-safe") {
                let buffer := mload(0x40)
                mstore8(buffer, 0)
                mstore(add(buffer, 1), context)
                mstore(add(buffer, 33), or(shl(224, i), shl(216, flags)))
                calldatacopy(add(buffer, 38), add(proof.offset, point), 64)
                let next := add(buffer, 102)
                if second {
                    calldatacopy(next, add(proof.offset, second), 64)
                    next := add(next, 64)
                }
                // A chunk's end is the next one's start: the two lie side by side.
                calldatacopy(next, add(proof.offset, ends), 64)
                digest := keccak256(buffer, add(sub(next, buffer), 64))
            }
        }
    }

    /// @dev What chunks and cross terms of a subtree count for, if its instance counts `w` and its error term `e`.
    function weigh(Tree memory tree, uint256 first, uint256 count, uint256 node, Fr w, Fr e) private pure {
        unchecked {
            if (count == 1) {
                tree.leaves[first] = w;
                return;
            }
            uint256 left = split(count);
            Fr r = tree.challenges.get(node + count - 2);
            tree.nodes[node + count - 2] = e * r;
            weigh(tree, first, left, node, w, e);
            weigh(tree, first + left, count - left, node + left - 1, w * r, e * r * r);
        }
    }

    /// @dev The hash whose challenge the random instance is folded in with.
    function seal(bytes32 context, bytes32 root, bytes calldata proof, Layout memory parts)
        private
        pure
        returns (bytes32)
    {
        // Commitments, u, x and the cross term lie side by side.
        bytes calldata random = proof[parts.random:parts.blinds];
        return keccak256(abi.encodePacked(uint8(2), context, uint32(parts.chunks), root, random));
    }

    /// @dev u, and of x what belongs to chunks: start, end, first, last, with the random instance's share of all.
    function inputs(Tree memory tree, bytes calldata proof, Layout memory parts, Fr r)
        private
        pure
        returns (Fr u, Fr[] memory x)
    {
        unchecked {
            x = proof.scalars(parts.randomX, INPUTS);
            for (uint256 i = 0; i < INPUTS; ++i) {
                x[i] = r * x.get(i);
            }
            uint256 k = parts.chunks;
            u = ZERO;
            (Fr start, Fr end) = (x.get(0), x.get(1));
            Fr boundary = proof.scalar(parts.boundaries);
            for (uint256 i = 0; i < k; ++i) {
                Fr weight = tree.leaves.get(i);
                u = u + weight;
                start = start + weight * boundary;
                boundary = proof.scalar(parts.boundaries + 32 * (i + 1));
                end = end + weight * boundary;
            }
            (x[0], x[1]) = (start, end);
            x[2] = x.get(2) + tree.leaves.get(0);
            x[3] = x.get(3) + tree.leaves.get(k - 1);
            u = u + r * proof.scalar(parts.randomU);
        }
    }

    /// @dev The public inputs that all chunks share count as often as all chunks together.
    function addShared(Instance memory folded, Tree memory tree, Fr[5] memory shared) private pure {
        unchecked {
            Fr all = ZERO;
            for (uint256 i = 0; i < tree.leaves.length; ++i) {
                all = all + tree.leaves.get(i);
            }
            Fr[] memory x = folded.x;
            x[4] = x.get(4) + all * shared[0];
            x[5] = x.get(5) + all * shared[1];
            x[6] = x.get(6) + all * shared[2];
            x[7] = x.get(7) + all * shared[3];
            x[8] = x.get(8) + all * shared[4];
        }
    }

    /// @dev Adds `sum w_i P_i + r P_R`; the first chunk counts once.
    function addWeighted(
        Sum sum,
        Tree memory tree,
        bytes calldata proof,
        uint256 points,
        uint256 random,
        Fr r
    ) private view {
        unchecked {
            sum.add(proof, points);
            for (uint256 i = 1; i < tree.leaves.length; ++i) {
                sum.addTimes(proof, points + 64 * i, tree.leaves.get(i));
            }
            sum.addTimes(proof, random, r);
        }
    }

    /// @dev `sum e_n T_n + r T_R + r^2 E_R - blind h`.
    function errors(FoldKey memory key, Tree memory tree, bytes calldata proof, Layout memory parts, Fr r)
        private
        view
        returns (Point memory)
    {
        unchecked {
            Sum sum = Curve.zero();
            for (uint256 i = 0; i + 1 < parts.chunks; ++i) {
                sum.addTimes(proof, parts.crossTerms + 64 * i, tree.nodes.get(i));
            }
            sum.addTimes(proof, parts.randomCrossTerm, r);
            sum.addTimes(proof, parts.randomE, r * r);
            sum.addTimes(key.hiding, ZERO - proof.scalar(parts.blinds + 32));
            return sum.value();
        }
    }

    /// @dev The largest power of two below a number above 1.
    function split(uint256 count) private pure returns (uint256 left) {
        unchecked {
            left = 1;
            while (2 * left < count) left *= 2;
        }
    }
}
