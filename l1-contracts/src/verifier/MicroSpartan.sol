// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Curve, Point, Sum} from "./Curve.sol";
import {Instance} from "./Fold.sol";
import {Fr, FrLib, ONE, ZERO} from "./Fr.sol";
import {ArgumentLayout, LayoutLib} from "./Layout.sol";
import {Mercury} from "./Mercury.sol";
import {Shift} from "./Phases.sol";
import {Polynomials} from "./Polynomials.sol";
import {SumCheck} from "./SumCheck.sol";
import {Transcript, TranscriptLib} from "./Transcript.sol";
import {ArgumentKey} from "./VerifierKey.sol";
import {Words} from "./Words.sol";

/// @title The argument that one relaxed instance has a witness.
/// @dev nova-snark 0.76, `spartan::ppsnark`. The outer sum-check, over the constraints, reduces
/// `Az * Bz = u Cz + E` to values of Az, Bz, Cz and E at a point; the inner one, over the nonzeros of the matrices, shows
/// nine claims at once:
///
/// | | claim | of |
/// |---|---|---|
/// | 0, 1 | `sum (T_row - W_row) = 0`, `sum (T_col - W_col) = 0` | what is looked up is what is there (logarithmic derivatives) |
/// | 2, 3 | `T_row (t_row + r) = ts_row`, `W_row (w_row + r) = 1` | the inverses, rows |
/// | 4, 5 | the same | columns |
/// | 6 | `sum L_row L_col (A + c B + c^2 C) = Az + c Bz + c^2 Cz` | the matrices |
/// | 7 | `sum eq E` | the error term |
/// | 8 | `sum eq W = 0` beyond the number of variables | the witness's length |
library MicroSpartan {
    using Curve for Sum;
    using FrLib for Fr[];
    using TranscriptLib for Transcript;
    using Words for bytes;

    /// @dev Where the oracles start: the argument does.
    uint256 private constant ORACLES = 0;
    // The evaluations' places among them.
    uint256 private constant E = 0;
    uint256 private constant L_ROW = 1;
    uint256 private constant L_COL = 2;
    uint256 private constant A = 3;
    uint256 private constant B = 4;
    uint256 private constant C = 5;
    uint256 private constant W = 6;
    uint256 private constant T_ROW = 7;
    uint256 private constant ROW = 8;
    uint256 private constant W_ROW = 9;
    uint256 private constant ROW_COUNTS = 10;
    uint256 private constant T_COL = 11;
    uint256 private constant COL = 12;
    uint256 private constant W_COL = 13;
    uint256 private constant COL_COUNTS = 14;

    /// @dev What the outer sum-check leaves.
    /// @param point Where; padded to the inner one's number of coordinates, the padding first.
    /// @param factor What padding with zeros multiplies a value with.
    /// @param claims Values of Az, Bz, Cz, E.
    struct Outer {
        Fr[] point;
        Fr factor;
        Fr[] claims;
    }

    /// @dev The inner sum-check's challenges.
    struct Challenges {
        Fr c;
        Fr gamma;
        Fr r;
        Fr[] rho;
        Fr[] batch;
    }

    /// @notice Reverts unless the argument holds for the instance, and the shift's equation with it.
    function check(ArgumentKey memory key, Instance memory instance, Shift memory shift, bytes calldata proof)
        internal
        view
    {
        unchecked {
            ArgumentLayout memory parts = LayoutLib.argumentParts(key.outerRounds, key.innerRounds);
            Transcript memory transcript = TranscriptLib.create();
            transcript.absorb("vk", 2);
            transcript.absorb(key.transcript);
            transcript.absorb("U", 1);
            transcript.absorb(instance.w);
            transcript.absorb(instance.e);
            transcript.absorb(instance.u);
            transcript.absorb(instance.x);
            Outer memory outer = checkOuter(key, transcript, instance.u, proof, parts);
            (Fr[] memory point, Fr[] memory evaluations) =
                checkInner(key, transcript, instance, outer, proof, parts);
            open(key, transcript, instance, shift, point, evaluations, proof, parts.opening);
        }
    }

    function checkOuter(
        ArgumentKey memory key,
        Transcript memory transcript,
        Fr u,
        bytes calldata proof,
        ArgumentLayout memory parts
    ) private pure returns (Outer memory outer) {
        unchecked {
            uint256 rounds = key.outerRounds;
            Fr[] memory tau = transcript.squeeze("t", 1, rounds);
            (Fr claimed, Fr[] memory point) = SumCheck.reduce(transcript, ZERO, rounds, proof, parts.outer);
            Fr[] memory claims = proof.scalars(parts.outerClaims, 4);
            Fr expected = Polynomials.eq(tau, point, 0, rounds)
                * (claims.get(0) * claims.get(1) - u * claims.get(2) - claims.get(3));
            if (claimed != expected) revert INovaVerifier.OuterSumCheck();

            transcript.absorb("e", 1);
            transcript.absorb(claims);
            uint256 padding = key.innerRounds - rounds;
            outer.claims = claims;
            outer.point = new Fr[](key.innerRounds);
            outer.factor = ONE;
            for (uint256 i = 0; i < padding; ++i) {
                Fr r = transcript.squeeze("p", 1);
                outer.point[i] = r;
                outer.factor = outer.factor * (ONE - r);
            }
            for (uint256 i = 0; i < rounds; ++i) {
                outer.point[padding + i] = point[i];
            }
        }
    }

    function checkInner(
        ArgumentKey memory key,
        Transcript memory transcript,
        Instance memory instance,
        Outer memory outer,
        bytes calldata proof,
        ArgumentLayout memory parts
    ) private pure returns (Fr[] memory point, Fr[] memory evaluations) {
        Challenges memory challenges = innerChallenges(key, transcript, proof);
        Fr[] memory batch = challenges.batch;
        Fr[] memory claims = outer.claims;
        Fr c = challenges.c;
        Fr claimed = batch.get(6) * (claims.get(0) + c * (claims.get(1) + c * claims.get(2))) + batch.get(7)
            * claims.get(3);
        (claimed, point) =
            SumCheck.reduce(transcript, outer.factor * claimed, key.innerRounds, proof, parts.inner);
        evaluations = proof.scalars(parts.evaluations, 15);
        Fr expected = memoryClaims(key, instance, outer, challenges, point, evaluations)
            + witnessClaims(key, outer, challenges, point, evaluations);
        if (claimed != expected) revert INovaVerifier.InnerSumCheck();
    }

    function innerChallenges(ArgumentKey memory key, Transcript memory transcript, bytes calldata proof)
        private
        pure
        returns (Challenges memory challenges)
    {
        transcript.absorb("e", 1);
        transcript.absorbPoints(proof, ORACLES, 2);
        challenges.c = transcript.squeeze("c", 1);
        challenges.gamma = transcript.squeeze("g", 1);
        challenges.r = transcript.squeeze("r", 1);
        transcript.absorb("l", 1);
        transcript.absorbPoints(proof, ORACLES + 2 * 64, 4);
        challenges.rho = transcript.squeeze("r", 1, key.innerRounds);
        challenges.batch = powers(transcript.squeeze("r", 1), 9);
    }

    /// @dev Claims 0 to 5 at the point. An address and a value make an entry: `address + gamma value`.
    function memoryClaims(
        ArgumentKey memory key,
        Instance memory instance,
        Outer memory outer,
        Challenges memory challenges,
        Fr[] memory point,
        Fr[] memory v
    ) private pure returns (Fr) {
        unchecked {
            Fr[] memory s = challenges.batch;
            Fr r = challenges.r;
            Fr gamma = challenges.gamma;
            Fr index = Polynomials.identity(point);
            Fr row = index + gamma * Polynomials.eq(outer.point, point, 0, point.length) + r;
            Fr col = index + gamma * assignment(key, instance, point, v.get(W)) + r;
            Fr lookedUpRow = v.get(ROW) + gamma * v.get(L_ROW) + r;
            Fr lookedUpCol = v.get(COL) + gamma * v.get(L_COL) + r;
            Fr inverses = s.get(2) * (v.get(T_ROW) * row - v.get(ROW_COUNTS)) + s.get(3)
                * (v.get(W_ROW) * lookedUpRow - ONE);
            inverses = inverses + s.get(4) * (v.get(T_COL) * col - v.get(COL_COUNTS)) + s.get(5)
                * (v.get(W_COL) * lookedUpCol - ONE);
            Fr sums = s.get(0) * (v.get(T_ROW) - v.get(W_ROW)) + s.get(1) * (v.get(T_COL) - v.get(W_COL));
            return sums + Polynomials.eq(challenges.rho, point, 0, point.length) * inverses;
        }
    }

    /// @dev Claims 6 to 8 at the point.
    function witnessClaims(
        ArgumentKey memory key,
        Outer memory outer,
        Challenges memory challenges,
        Fr[] memory point,
        Fr[] memory v
    ) private pure returns (Fr) {
        unchecked {
            Fr[] memory s = challenges.batch;
            Fr c = challenges.c;
            Fr matrices = s.get(6) * v.get(L_ROW) * v.get(L_COL) * (v.get(A) + c * (v.get(B) + c * v.get(C)));
            uint256 n = point.length;
            uint256 high = n - key.variables;
            Fr eqHigh = Polynomials.eq(outer.point, point, 0, high);
            Fr eqLow = Polynomials.eq(outer.point, point, high, n);
            // The first 2^variables places are allowed to hold something.
            Fr allowed = Polynomials.eqZero(outer.point, 0, high) * Polynomials.eqZero(point, 0, high);
            return matrices + s.get(7) * eqHigh * eqLow * v.get(E) + s.get(8) * (eqHigh - allowed) * eqLow
                * v.get(W);
        }
    }

    /// @dev The assignment z = (W, u, x) at the point: W in the lower half, u and x in the upper one, zeros after it.
    function assignment(ArgumentKey memory key, Instance memory instance, Fr[] memory point, Fr witness)
        private
        pure
        returns (Fr)
    {
        unchecked {
            uint256 half = point.length - key.variables - 1;
            Fr[] memory inputs = new Fr[](instance.x.length + 1);
            inputs[0] = instance.u;
            for (uint256 i = 0; i < instance.x.length; ++i) {
                inputs[i + 1] = instance.x[i];
            }
            Fr value = Polynomials.sparse(inputs, point, half + 1);
            return witness + Polynomials.eqZero(point, 0, half) * point[half] * value;
        }
    }

    /// @dev All commitments open at one point: batched with powers of a challenge.
    function open(
        ArgumentKey memory key,
        Transcript memory transcript,
        Instance memory instance,
        Shift memory shift,
        Fr[] memory point,
        Fr[] memory v,
        bytes calldata proof,
        uint256 opening
    ) private view {
        unchecked {
            Fr[] memory ordered = new Fr[](15);
            ordered[0] = v.get(W);
            for (uint256 i = 1; i < 7; ++i) {
                ordered[i] = v.get(i - 1);
            }
            for (uint256 i = 7; i < 15; ++i) {
                ordered[i] = v.get(i);
            }
            transcript.absorb("e", 1);
            transcript.absorb(ordered);
            Fr[] memory c = powers(transcript.squeeze("c", 1), 15);
            Fr value = ZERO;
            for (uint256 i = 0; i < 15; ++i) {
                value = value + c.get(i) * ordered.get(i);
            }
            Point memory commitment = combine(key, instance, c, proof);
            Mercury.open(key, transcript, commitment, point, value, shift, proof, opening);
        }
    }

    /// @dev In the order of `ordered` above: W, E, L_row, L_col, A, B, C, then of rows and of columns the table's inverses,
    /// the indices, the looked up inverses and the counts.
    function combine(ArgumentKey memory key, Instance memory instance, Fr[] memory c, bytes calldata proof)
        private
        view
        returns (Point memory)
    {
        unchecked {
            Sum sum = Curve.zero();
            sum.add(instance.w);
            sum.addTimes(instance.e, c.get(1));
            sum.addTimes(proof, ORACLES, c.get(2));
            sum.addTimes(proof, ORACLES + 64, c.get(3));
            sum.addTimes(key.a, c.get(4));
            sum.addTimes(key.b, c.get(5));
            sum.addTimes(key.c, c.get(6));
            sum.addTimes(proof, ORACLES + 128, c.get(7));
            sum.addTimes(key.row, c.get(8));
            sum.addTimes(proof, ORACLES + 192, c.get(9));
            sum.addTimes(key.rowCounts, c.get(10));
            sum.addTimes(proof, ORACLES + 256, c.get(11));
            sum.addTimes(key.col, c.get(12));
            sum.addTimes(proof, ORACLES + 320, c.get(13));
            sum.addTimes(key.colCounts, c.get(14));
            return sum.value();
        }
    }

    /// @dev 1, x, x^2, ...
    function powers(Fr x, uint256 count) private pure returns (Fr[] memory list) {
        unchecked {
            list = new Fr[](count);
            list[0] = ONE;
            for (uint256 i = 1; i < count; ++i) {
                list[i] = list[i - 1] * x;
            }
        }
    }
}
