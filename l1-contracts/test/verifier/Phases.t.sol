// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INovaVerifier} from "../../src/interfaces/INovaVerifier.sol";
import {Point} from "../../src/verifier/Curve.sol";
import {Fr, R} from "../../src/verifier/Fr.sol";
import {Layout} from "../../src/verifier/Layout.sol";
import {NovaVerifier} from "../../src/verifier/NovaVerifier.sol";
import {Phases, Shift} from "../../src/verifier/Phases.sol";
import {Vector, Vectors} from "./Vectors.sol";

/// @dev Proofs of two phases, of a small circuit that has nothing to do with execution but its kind.
contract PhasesTest is Vectors {
    uint256 internal constant KEY_KIND = 6;
    uint256 internal constant KEY_FIRST_PHASE = 11;
    uint256 internal constant KEY_VARIABLES = 16;

    /// @dev Three chunks, and where parts of their proof start.
    Vector internal honest;
    NovaVerifier internal verifier;
    uint256 internal constant FIRST = 12 + 4 * 32;
    uint256 internal constant SECOND = FIRST + 3 * 64;
    uint256 internal constant RANDOM = SECOND + 3 * 64 + 2 * 64;
    uint256 internal constant BLINDS = RANDOM + 3 * 64 + 32 + 9 * 32 + 64;
    uint256 internal constant MOVED = BLINDS + 3 * 32;
    uint256 internal constant QUOTIENT = MOVED + 64;

    function setUp() public {
        vm.chainId(31337);
        honest = vector("phased-small-3");
        verifier = new NovaVerifier(honest.key);
    }

    function expectRefusal(bytes memory proof, bytes memory reason) internal {
        vm.expectRevert(reason);
        verifier.verify(honest.statement, proof);
    }

    function expectRefusal(bytes memory proof, bytes4 reason) internal {
        expectRefusal(proof, abi.encodeWithSelector(reason));
    }

    function expectBadKey(bytes memory key) internal {
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.BadKey.selector));
        new NovaVerifier(key);
    }

    // Accepting

    function test_every_shape_of_the_fold_is_accepted() public view {
        string[5] memory names =
            ["phased-small-1", "phased-small-2", "phased-small-3", "phased-small-5", "phased-small-8"];
        for (uint256 i = 0; i < names.length; ++i) {
            Vector memory v = vector(names[i]);
            verifier.verify(v.statement, v.proof);
        }
        assertEq(uint256(verifier.kind()), uint256(INovaVerifier.Kind.Execution));
    }

    function test_a_proof_of_one_chunk_is_accepted() public {
        Vector memory v = vector("phased-full-1");
        new NovaVerifier(v.key).verify(v.statement, v.proof);
    }

    function test_a_proof_of_eight_chunks_is_accepted() public {
        Vector memory v = vector("phased-full-8");
        new NovaVerifier(v.key).verify(v.statement, v.proof);
    }

    // Forgeries

    /// @dev Their arguments hold: each is caught by the second phase's equation alone.
    function test_a_second_phase_that_moves_the_first_is_refused() public {
        string[2] memory names = ["moved-first-phase", "moved-first-phase-quotient"];
        for (uint256 i = 0; i < names.length; ++i) {
            Vector memory v = vector(string.concat("phased-forged-", names[i]));
            vm.expectRevert(abi.encodeWithSelector(INovaVerifier.Opening.selector));
            verifier.verify(v.statement, v.proof);
        }
    }

    /// @dev Here Mercury's quotient makes up for the second phase's equation, under a factor without Mercury's last challenge.
    function test_mercury_cannot_make_up_for_the_second_phase() public {
        Vector memory v = vector("phased-forged-joined-too-early");
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.Opening.selector));
        verifier.verify(v.statement, v.proof);
    }

    function test_forgeries_are_refused_by_the_sum_check() public {
        string[6] memory names = [
            "challenges-from-fewer",
            "swapped-phases",
            "chunk-of-another-batch",
            "values-of-another-batch",
            "unbalanced",
            "reordered"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            Vector memory v = vector(string.concat("phased-forged-", names[i]));
            vm.expectRevert(abi.encodeWithSelector(INovaVerifier.OuterSumCheck.selector));
            verifier.verify(v.statement, v.proof);
        }
    }

    // Refusing

    function testFuzz_a_flipped_bit_is_refused(uint256 place) public view {
        bytes memory proof = honest.proof;
        uint256 bit = place % (proof.length * 8);
        proof[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        assertFalse(accepts(verifier, honest.statement, proof));
    }

    function test_every_member_of_the_statement_counts() public view {
        for (uint256 member = 0; member < 9; ++member) {
            INovaVerifier.Statement memory s = honest.statement;
            if (member == 0) s.network += 1;
            if (member == 1) s.batch += 1;
            // These two are no public inputs here: the context binds them.
            if (member == 2) s.preRoot = bytes32(uint256(s.preRoot) ^ 1);
            if (member == 3) s.postRoot = bytes32(uint256(s.postRoot) ^ 1);
            if (member == 4) s.receiptsRoot = bytes32(uint256(s.receiptsRoot) ^ 1);
            if (member == 5) s.receipts += 1;
            if (member == 6) s.programRoot = bytes32(uint256(s.programRoot) ^ 1);
            if (member == 7) s.windowStart += 1;
            if (member == 8) s.windowEnd += 1;
            assertFalse(accepts(verifier, s, honest.proof));
        }
    }

    /// @dev No transcript but the joining one hears of the quotient: all that can refuse another one is its pairing
    /// equation, as the rest of the proof still holds.
    function test_the_quotient_is_checked() public {
        bytes memory proof = honest.proof;
        setWord(proof, QUOTIENT, 1);
        setWord(proof, QUOTIENT + 32, 2);
        expectRefusal(proof, INovaVerifier.Opening.selector);
    }

    /// @dev MicroSpartan's argument and its opening hold in each of these, too.
    function test_the_moved_phase_and_its_blind_are_checked() public {
        bytes memory proof = honest.proof;
        setWord(proof, MOVED, 1);
        setWord(proof, MOVED + 32, 2);
        expectRefusal(proof, INovaVerifier.Opening.selector);
        proof = honest.proof;
        setWord(proof, BLINDS + 64, addmod(getWord(proof, BLINDS + 64), 1, R));
        expectRefusal(proof, INovaVerifier.Opening.selector);
    }

    /// @dev Their sum is the same, and so would be the folded witness, were the phases not hashed apart.
    function test_the_two_phases_do_not_change_places() public {
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory proof = honest.proof;
            for (uint256 j = 0; j < 64; j += 32) {
                uint256 first = getWord(proof, FIRST + 64 * i + j);
                setWord(proof, FIRST + 64 * i + j, getWord(proof, SECOND + 64 * i + j));
                setWord(proof, SECOND + 64 * i + j, first);
            }
            expectRefusal(proof, INovaVerifier.OuterSumCheck.selector);
        }
    }

    function test_points_are_on_the_curve_and_not_the_identity() public {
        uint256[9] memory points =
            [FIRST, FIRST + 128, SECOND, SECOND + 64, SECOND + 128, RANDOM, RANDOM + 64, MOVED, QUOTIENT];
        for (uint256 i = 0; i < points.length; ++i) {
            bytes memory proof = honest.proof;
            setWord(proof, points[i], 0);
            expectRefusal(proof, INovaVerifier.BadPoint.selector);
            setWord(proof, points[i] + 32, 0);
            expectRefusal(proof, INovaVerifier.BadPoint.selector);
            setWord(proof, points[i], type(uint256).max);
            expectRefusal(proof, INovaVerifier.BadPoint.selector);
        }
    }

    function test_all_three_blinds_are_reduced() public {
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory proof = honest.proof;
            uint256 place = BLINDS + 32 * i;
            setWord(proof, place, getWord(proof, place) + R);
            expectRefusal(proof, abi.encodeWithSelector(INovaVerifier.NotReduced.selector, place));
        }
    }

    // Kinds

    function test_a_proof_of_the_other_kind_is_refused() public {
        Vector memory state = vector("small-3");
        NovaVerifier other = new NovaVerifier(state.key);
        expectRefusal(state.proof, INovaVerifier.BadHeader.selector);
        vm.expectRevert(abi.encodeWithSelector(INovaVerifier.BadHeader.selector));
        other.verify(honest.statement, honest.proof);
        // With the other kind's name, it has another length.
        bytes memory proof = honest.proof;
        (proof[5], proof[6], proof[7]) = (state.proof[5], state.proof[6], state.proof[7]);
        assertFalse(accepts(other, honest.statement, proof));
    }

    function test_a_key_is_of_the_kind_that_its_phases_say() public {
        Vector memory state = vector("small-3");
        bytes memory key = state.key;
        key[KEY_KIND] = 0x02;
        expectBadKey(key);
        key[KEY_KIND] = 0x00;
        expectBadKey(key);
        key[KEY_KIND] = 0x03;
        expectBadKey(key);
        key = state.key;
        key[KEY_FIRST_PHASE + 3] = 0x01;
        expectBadKey(key);
        key = honest.key;
        key[KEY_KIND] = 0x01;
        expectBadKey(key);
    }

    function test_both_phases_have_variables() public {
        bytes memory key = honest.key;
        uint256 variables = uint256(1) << uint8(key[KEY_VARIABLES]);
        setFirstPhase(key, 0);
        expectBadKey(key);
        setFirstPhase(key, variables);
        expectBadKey(key);
        setFirstPhase(key, type(uint32).max);
        expectBadKey(key);
        // Another circuit's key, which is one.
        setFirstPhase(key, variables - 1);
        assertFalse(accepts(new NovaVerifier(key), honest.statement, honest.proof));
        setFirstPhase(key, 1);
        assertFalse(accepts(new NovaVerifier(key), honest.statement, honest.proof));
    }

    function setFirstPhase(bytes memory key, uint256 variables) private pure {
        for (uint256 i = 0; i < 4; ++i) {
            key[KEY_FIRST_PHASE + i] = bytes1(uint8(variables >> (24 - 8 * i)));
        }
    }

    // Transcript

    function testFuzz_challenges_hear_of_every_first_phase(
        bytes32 context,
        bytes32[2] calldata one,
        bytes32[2] calldata other
    ) public view {
        bytes memory proof = bytes.concat(hex"aabbcc", abi.encode(one), abi.encode(other), hex"dd");
        bytes32 expected =
            keccak256(bytes.concat(hex"03", context, hex"00000002", abi.encode(one), abi.encode(other)));
        (bytes32 first, uint256 gamma, uint256 alpha) = this.challenges(context, proof, 3, 2);
        assertEq(first, expected);
        assertEq(gamma, uint256(keccak256(bytes.concat(hex"04", expected))) >> 8);
        assertEq(alpha, uint256(keccak256(bytes.concat(hex"05", expected))) >> 8);
    }

    function challenges(bytes32 context, bytes calldata proof, uint256 at_, uint256 chunks)
        external
        pure
        returns (bytes32 first, uint256, uint256)
    {
        Layout memory parts;
        (parts.witnesses, parts.chunks) = (at_, chunks);
        first = Phases.first(context, proof, parts);
        (Fr gamma, Fr alpha) = Phases.challenges(first);
        return (first, Fr.unwrap(gamma), Fr.unwrap(alpha));
    }

    /// @dev Known before Mercury's messages are, the factor would let a prover make up for an equation that does not hold.
    function testFuzz_the_joining_factor_hears_of_mercury_s_last_challenge(
        bytes32 point,
        uint256 x,
        uint256 y,
        uint256 last
    ) public pure {
        last %= R;
        Shift memory shift = Shift({point: point, left: Point(1, 2), quotient: Point(x, y)});
        bytes32 hash = keccak256(bytes.concat(hex"07", point, bytes32(x), bytes32(y), bytes32(last)));
        assertEq(Fr.unwrap(Phases.factor(shift, Fr.wrap(last))), uint256(hash) >> 8);
    }
}
