// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../interfaces/INovaVerifier.sol";
import {Curve, Point, Sum} from "./Curve.sol";
import {Fr, FrLib, HALF, ONE, ZERO} from "./Fr.sol";
import {Phases, Shift} from "./Phases.sol";
import {Polynomials} from "./Polynomials.sol";
import {Transcript, TranscriptLib} from "./Transcript.sol";
import {ArgumentKey} from "./VerifierKey.sol";
import {Words} from "./Words.sol";

/// @title Opens a commitment to a multilinear polynomial at one point.
/// @dev Mercury (eprint 2025/385, section 6) as nova-snark has it: f is read as a matrix with `b = 2^half` columns, and
/// - `f(X) = q(X) (X^b - alpha) + g(X)`, checked at zeta by KZG with the quotient t;
/// - g, of degree below b because `d(X) = X^(b-1) g(1/X)` is a polynomial, and h, f's columns summed under the point's
///   upper half, satisfy two inner products, checked at zeta and 1 / zeta by way of s;
/// - g, h, s and d open as one (BDFG20, eprint 2020/081, section 4.1) through w and w'.
/// Both pairing equations become one with the challenge `pairing`, and one with the second phase's shift by a factor that
/// comes after it.
library Mercury {
    using Curve for Sum;
    using FrLib for Fr;
    using Phases for Shift;
    using TranscriptLib for Transcript;
    using Words for bytes;

    // Offsets from the start of the opening.
    uint256 private constant H = 0;
    uint256 private constant G = 64;
    uint256 private constant Q = 128;
    uint256 private constant S = 192;
    uint256 private constant D = 256;
    uint256 private constant T = 320;
    uint256 private constant W = 384;
    uint256 private constant W_PRIME = 448;
    uint256 private constant EVALUATIONS = 512;

    /// @dev Values of g, h and s at zeta and at its inverse, in the proof's order.
    struct Values {
        Fr g;
        Fr gInverse;
        Fr h;
        Fr hInverse;
        Fr s;
        Fr sInverse;
    }

    /// @dev Besides challenges: `1 / zeta`, and 1 over the product of the differences of zeta, its inverse and alpha.
    struct Challenges {
        Fr alpha;
        Fr gamma;
        Fr zeta;
        Fr zetaInverse;
        Fr denominator;
        Fr beta;
        Fr z;
        Fr pairing;
    }

    /// @dev What follows from values and challenges.
    /// @param power `zeta^b`.
    /// @param hAlpha The value that h must have at alpha.
    /// @param d The value that d must have at zeta.
    struct Derived {
        Fr power;
        Fr hAlpha;
        Fr d;
    }

    /// @notice Reverts unless the commitment opens to the value at the point, and the shift's equation holds.
    function open(
        ArgumentKey memory key,
        Transcript memory transcript,
        Point memory commitment,
        Fr[] memory point,
        Fr value,
        Shift memory shift,
        bytes calldata proof,
        uint256 offset
    ) internal view {
        unchecked {
            Challenges memory c = challenges(transcript, commitment, point, value, proof, offset);
            Values memory v = values(proof, offset + EVALUATIONS);
            Derived memory derived = derive(c, v, point, value);
            Sum left = leftSide(c, v, derived, commitment, proof, offset);
            Sum right = Curve.zero();
            right.add(proof, offset + T);
            right.addTimes(proof, offset + W_PRIME, c.pairing);
            if (key.twoPhases) {
                Fr factor = shift.factor(c.pairing);
                left.addTimes(shift.left, factor);
                right.addTimes(shift.quotient, factor);
            }
            if (!Curve.pairsEqually(left.value(), right.value(), key.tau)) revert INovaVerifier.Opening();
        }
    }

    function challenges(
        Transcript memory t,
        Point memory commitment,
        Fr[] memory point,
        Fr value,
        bytes calldata proof,
        uint256 offset
    ) private view returns (Challenges memory c) {
        unchecked {
            t.absorb("f", 1);
            t.absorb(commitment);
            t.absorb("u", 1);
            t.absorb(point);
            t.absorb("e", 1);
            t.absorb(value);
            absorbPoint(t, "h", 1, proof, offset + H);
            c.alpha = t.squeeze("a", 1);
            absorbPoint(t, "q", 1, proof, offset + Q);
            absorbPoint(t, "g", 1, proof, offset + G);
            c.gamma = t.squeeze("gm", 2);
            absorbPoint(t, "s", 1, proof, offset + S);
            absorbPoint(t, "d", 1, proof, offset + D);
            c.zeta = t.squeeze("zt", 2);
            (c.zetaInverse, c.denominator) = inverses(c.zeta, c.alpha);
            uint256 offset_ = offset + EVALUATIONS;
            absorbValue(t, "gz", 2, proof, offset_);
            absorbValue(t, "gzi", 3, proof, offset_ + 32);
            absorbValue(t, "hz", 2, proof, offset_ + 64);
            absorbValue(t, "hzi", 3, proof, offset_ + 96);
            absorbValue(t, "sz", 2, proof, offset_ + 128);
            absorbValue(t, "szi", 3, proof, offset_ + 160);
            absorbPoint(t, "t", 1, proof, offset + T);
            c.beta = t.squeeze("b", 1);
            absorbPoint(t, "w", 1, proof, offset + W);
            c.z = t.squeeze("z", 1);
            absorbPoint(t, "wp", 2, proof, offset + W_PRIME);
            c.pairing = t.squeeze("pd", 2);
        }
    }

    /// @dev With one inversion: `(zeta - 1/zeta) (zeta - alpha) (1/zeta - alpha) = product / zeta^2`.
    function inverses(Fr zeta, Fr alpha) private view returns (Fr zetaInverse, Fr denominator) {
        Fr square = zeta * zeta;
        Fr product = (square - ONE) * (zeta - alpha) * (ONE - alpha * zeta);
        Fr inverse = (zeta * product).inverse();
        return (inverse * product, inverse * zeta * square);
    }

    function absorbPoint(
        Transcript memory t,
        bytes32 label,
        uint256 length,
        bytes calldata proof,
        uint256 offset_
    ) private pure {
        t.absorb(label, length);
        t.absorbPoints(proof, offset_, 1);
    }

    function absorbValue(
        Transcript memory t,
        bytes32 label,
        uint256 length,
        bytes calldata proof,
        uint256 offset_
    ) private pure {
        t.absorb(label, length);
        t.absorb(proof, offset_, 32);
    }

    function values(bytes calldata proof, uint256 offset_) private pure returns (Values memory v) {
        unchecked {
            v.g = proof.scalar(offset_);
            v.gInverse = proof.scalar(offset_ + 32);
            v.h = proof.scalar(offset_ + 64);
            v.hInverse = proof.scalar(offset_ + 96);
            v.s = proof.scalar(offset_ + 128);
            v.sInverse = proof.scalar(offset_ + 160);
        }
    }

    /// @dev Inner products: `g(x) C(1/x) + g(1/x) C(x) + gamma (h(x) R(1/x) + h(1/x) R(x))
    /// = 2 (h(alpha) + gamma value) + x s(x) + s(1/x) / x` at x = zeta, where C and R have the coefficients
    /// `eq(point, index)` over the columns and the rows.
    function derive(Challenges memory c, Values memory v, Fr[] memory point, Fr value)
        private
        pure
        returns (Derived memory derived)
    {
        unchecked {
            uint256 n = point.length;
            // With an odd number of coordinates, the rows have one less; it would be zero.
            uint256 rows = n / 2;
            Fr sum;
            {
                (Fr column, Fr power) = Polynomials.eqUnivariate(point, rows, n, c.zeta);
                (Fr columnInverse,) = Polynomials.eqUnivariate(point, rows, n, c.zetaInverse);
                derived.power = power;
                sum = v.g * columnInverse + v.gInverse * column;
            }
            (Fr row,) = Polynomials.eqUnivariate(point, 0, rows, c.zeta);
            (Fr rowInverse,) = Polynomials.eqUnivariate(point, 0, rows, c.zetaInverse);
            sum = sum + c.gamma * (v.h * rowInverse + v.hInverse * row - value - value);
            derived.hAlpha = (sum - c.zeta * v.s - c.zetaInverse * v.sInverse) * HALF;
            derived.d = derived.power * c.zetaInverse * v.gInverse;
        }
    }

    /// @dev `f - (zeta^b - alpha) q - g(zeta) + zeta t + pairing * (batched openings + z w')`, as a commitment.
    function leftSide(
        Challenges memory c,
        Values memory v,
        Derived memory derived,
        Point memory commitment,
        bytes calldata proof,
        uint256 offset
    ) private view returns (Sum sum) {
        unchecked {
            sum = Curve.zero();
            sum.add(commitment);
            sum.addTimes(proof, offset + Q, c.alpha - derived.power);
            sum.addTimes(proof, offset + T, c.zeta);
            // The batched opening: the vanishing polynomials, at z, of the points that each polynomial is not opened at.
            Fr alpha = c.z - c.alpha;
            Fr alphaInverse = alpha * (c.z - c.zetaInverse);
            Fr factor = c.pairing;
            sum.addTimes(proof, offset + G, factor * alpha);
            factor = factor * c.beta;
            sum.addTimes(proof, offset + H, factor);
            factor = factor * c.beta;
            sum.addTimes(proof, offset + S, factor * alpha);
            sum.addTimes(proof, offset + D, factor * c.beta * alphaInverse);
            sum.addTimes(proof, offset + W, ZERO - c.pairing * alphaInverse * (c.z - c.zeta));
            sum.addTimes(proof, offset + W_PRIME, c.pairing * c.z);
            Fr constantTerm = v.g + c.pairing * interpolated(c, v, derived);
            sum.addTimes(Curve.generator(), ZERO - constantTerm);
        }
    }

    /// @dev What the batched polynomial is at z if the values are right: the sum over g, h, s, d of `beta^i` times the
    /// vanishing polynomial times the interpolation of the values.
    function interpolated(Challenges memory c, Values memory v, Derived memory derived)
        private
        pure
        returns (Fr)
    {
        Fr zeta = c.z - c.zeta;
        Fr inverse = c.z - c.zetaInverse;
        Fr alpha = c.z - c.alpha;
        Fr a = c.zeta - c.zetaInverse;
        Fr b = c.zeta - c.alpha;
        Fr e = c.zetaInverse - c.alpha;
        // Lines through two values.
        Fr lines = (v.g * inverse - v.gInverse * zeta) + c.beta * c.beta * (v.s * inverse - v.sInverse * zeta);
        // A parabola through three.
        Fr h = v.h * inverse * alpha * e - v.hInverse * zeta * alpha * b + derived.hAlpha * zeta * inverse * a;
        Fr last = c.beta * c.beta * c.beta * inverse * alpha * derived.d;
        return c.denominator * (lines * alpha * b * e + c.beta * h) + last;
    }
}
