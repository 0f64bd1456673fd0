// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {DspRegistry} from "../src/DspRegistry.sol";
import {IDspRegistry} from "../src/interfaces/IDspRegistry.sol";
import {Admission} from "./utils/Admission.sol";

/// @dev An institution's account that accepts every signature.
contract Agreeable is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }
}

contract DspRegistryTest is Admission {
    uint256 internal constant DSP = 0xD1;
    uint256 internal constant OTHER = 0xD2;

    // Life cycle

    function test_a_dsp_goes_from_application_to_active() public {
        address dsp = applyFor(DSP);
        assertStatus(dsp, IDspRegistry.Status.Applied);
        vm.prank(authorizer);
        registry.authorise(dsp, nodeKey(DSP), META);
        assertStatus(dsp, IDspRegistry.Status.Authorised);
        assertEq(registry.operatorOf(nodeKey(DSP)), dsp);
        audit(dsp, NOW + 365 days);
        assertStatus(dsp, IDspRegistry.Status.Audited);
        assertFalse(registry.isActive(dsp));
        signed(DSP, agreement(DSP, 1, NOW + 365 days));
        assertStatus(dsp, IDspRegistry.Status.Active);
        assertTrue(registry.isActive(dsp));
        assertEq(registry.admitted(), 1);

        IDspRegistry.Dsp memory d = registry.dspOf(dsp);
        assertEq(d.nodeKey, nodeKey(DSP));
        assertEq(d.metadataHash, META);
        assertEq(d.auditReport, REPORT);
        assertEq(d.agreementHash, TEXT);
        assertEq(d.agreementVersion, 1);
    }

    function test_every_step_emits_what_a_node_follows() public {
        address dsp = vm.addr(DSP);
        vm.expectEmit(true, true, true, true);
        emit IDspRegistry.StatusChanged(dsp, IDspRegistry.Status.None, IDspRegistry.Status.Applied);
        vm.expectEmit(true, true, true, true);
        emit IDspRegistry.Applied(dsp, nodeKey(DSP), META);
        applyFor(DSP);

        vm.expectEmit(true, true, true, true);
        emit IDspRegistry.Authorised(dsp, nodeKey(DSP), authorizer);
        vm.prank(authorizer);
        registry.authorise(dsp, nodeKey(DSP), META);

        vm.expectEmit(true, true, true, true);
        emit IDspRegistry.AuditRecorded(dsp, auditor, REPORT, NOW + 1 days);
        audit(dsp, NOW + 1 days);

        vm.expectEmit(true, true, true, true);
        emit IDspRegistry.StatusChanged(dsp, IDspRegistry.Status.Audited, IDspRegistry.Status.Active);
        vm.expectEmit(true, true, true, true);
        emit IDspRegistry.AgreementSigned(dsp, authorizer, TEXT, 1, NOW + 1 days);
        this.sign(DSP, agreement(DSP, 1, NOW + 1 days));

        vm.expectEmit(true, true, true, true);
        emit IDspRegistry.ReasonGiven(dsp, authorizer, REASON);
        vm.prank(authorizer);
        registry.suspend(dsp, REASON);

        vm.expectEmit(true, true, true, true);
        emit IDspRegistry.AuditRevoked(dsp, auditor, REPORT);
        vm.prank(auditor);
        registry.revokeAudit(dsp, REPORT);

        vm.expectEmit(true, true, true, true);
        emit IDspRegistry.Withdrawn(dsp);
        vm.prank(dsp);
        registry.withdraw();
    }

    /// @dev External, so that expectations apply to the contract's call and not to the digest's.
    function sign(uint256 key, IDspRegistry.Agreement calldata a) external {
        signed(key, a);
    }

    function test_an_undecided_application_can_be_replaced_and_taken_back() public {
        address dsp = applyFor(DSP);
        vm.prank(dsp);
        registry.applyAsDsp(nodeKey(OTHER), META);
        assertEq(registry.dspOf(dsp).nodeKey, nodeKey(OTHER));
        vm.prank(dsp);
        registry.withdraw();
        assertStatus(dsp, IDspRegistry.Status.None);
        assertEq(registry.dspOf(dsp).nodeKey, bytes32(0));
        applyFor(DSP);
        assertStatus(dsp, IDspRegistry.Status.Applied);
    }

    function test_leaving_as_an_active_dsp_is_final() public {
        address dsp = active(DSP);
        vm.prank(dsp);
        registry.withdraw();
        assertStatus(dsp, IDspRegistry.Status.Removed);
        assertEq(registry.admitted(), 0);
        expectWrongStatus(dsp, IDspRegistry.Status.Removed);
        vm.prank(dsp);
        registry.withdraw();
        expectWrongStatus(dsp, IDspRegistry.Status.Removed);
        vm.prank(dsp);
        registry.applyAsDsp(nodeKey(OTHER), META);
    }

    function test_nobody_withdraws_without_an_application() public {
        expectWrongStatus(address(this), IDspRegistry.Status.None);
        registry.withdraw();
    }

    // Applications

    function test_an_application_needs_a_key_and_a_description() public {
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.ZeroHash.selector));
        registry.applyAsDsp(0, META);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.ZeroHash.selector));
        registry.applyAsDsp(nodeKey(DSP), 0);
    }

    function test_an_authorised_dsp_cannot_apply_again() public {
        address dsp = authorised(DSP);
        expectWrongStatus(dsp, IDspRegistry.Status.Authorised);
        vm.prank(dsp);
        registry.applyAsDsp(nodeKey(OTHER), META);
    }

    function test_a_node_key_belongs_to_one_dsp() public {
        address dsp = authorised(DSP);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.NodeKeyTaken.selector, nodeKey(DSP), dsp));
        registry.applyAsDsp(nodeKey(DSP), META);
    }

    function test_a_node_key_stays_taken_after_removal() public {
        address dsp = removed(DSP);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.NodeKeyTaken.selector, nodeKey(DSP), dsp));
        registry.applyAsDsp(nodeKey(DSP), META);
    }

    function test_applying_with_a_foreign_key_blocks_nobody() public {
        vm.prank(address(0xBAD));
        registry.applyAsDsp(nodeKey(DSP), META);
        address dsp = authorised(DSP);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.NodeKeyTaken.selector, nodeKey(DSP), dsp));
        vm.prank(authorizer);
        registry.authorise(address(0xBAD), nodeKey(DSP), META);
    }

    function test_what_was_reviewed_is_what_is_authorised() public {
        address dsp = applyFor(DSP);
        vm.expectRevert(
            abi.encodeWithSelector(IDspRegistry.WrongNodeKey.selector, nodeKey(DSP), nodeKey(OTHER))
        );
        vm.prank(authorizer);
        registry.authorise(dsp, nodeKey(OTHER), META);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.WrongMetadata.selector, META, REPORT));
        vm.prank(authorizer);
        registry.authorise(dsp, nodeKey(DSP), REPORT);
    }

    // Roles

    function test_only_an_authorizer_decides() public {
        address dsp = active(DSP);
        bytes32 role = registry.AUTHORIZER_ROLE();
        expectUnauthorised(auditor, role);
        registry.authorise(dsp, nodeKey(DSP), META);
        expectUnauthorised(auditor, role);
        registry.suspend(dsp, REASON);
        expectUnauthorised(auditor, role);
        registry.reinstate(dsp);
        expectUnauthorised(auditor, role);
        registry.remove(dsp, REASON);
    }

    function test_only_an_auditor_audits() public {
        address dsp = authorised(DSP);
        bytes32 role = registry.AUDITOR_ROLE();
        expectUnauthorised(authorizer, role);
        registry.recordAudit(dsp, REPORT, NOW + 1 days);
        expectUnauthorised(authorizer, role);
        registry.revokeAudit(dsp, REPORT);
    }

    function test_only_the_admin_appoints() public {
        bytes32 role = registry.AUDITOR_ROLE();
        expectUnauthorised(authorizer, registry.DEFAULT_ADMIN_ROLE());
        registry.grantRole(role, address(0xBAD));
    }

    function expectUnauthorised(address account, bytes32 role) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role)
        );
        vm.prank(account);
    }

    function test_nobody_authorises_and_audits() public {
        bytes32 authorizerRole = registry.AUTHORIZER_ROLE();
        bytes32 auditorRole = registry.AUDITOR_ROLE();
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.RolesConflict.selector, auditor));
        vm.prank(admin);
        registry.grantRole(authorizerRole, auditor);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.RolesConflict.selector, authorizer));
        vm.prank(admin);
        registry.grantRole(auditorRole, authorizer);
    }

    function test_nobody_decides_on_itself() public {
        bytes32 authorizerRole = registry.AUTHORIZER_ROLE();
        bytes32 auditorRole = registry.AUDITOR_ROLE();
        address dsp = applyFor(DSP);
        vm.prank(admin);
        registry.grantRole(authorizerRole, dsp);
        expectOwnAffair(dsp);
        registry.authorise(dsp, nodeKey(DSP), META);
        vm.prank(authorizer);
        registry.authorise(dsp, nodeKey(DSP), META);
        audit(dsp, NOW + 1 days);
        IDspRegistry.Agreement memory a = agreement(DSP, 1, NOW + 1 days);
        bytes memory s = signature(DSP, registry.agreementDigest(a));
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.OwnAffair.selector, dsp));
        registry.signAgreement(a, s, dsp, s);
        expectOwnAffair(dsp);
        registry.reinstate(dsp);

        address second = authorised(OTHER);
        vm.prank(admin);
        registry.grantRole(auditorRole, second);
        expectOwnAffair(second);
        registry.recordAudit(second, REPORT, NOW + 1 days);
        expectOwnAffair(second);
        registry.revokeAudit(second, REPORT);
    }

    function expectOwnAffair(address dsp) internal {
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.OwnAffair.selector, dsp));
        vm.prank(dsp);
    }

    // Audits

    function test_a_dsp_is_inactive_once_its_audit_lapsed_and_active_after_the_next() public {
        address dsp = active(DSP);
        signed(DSP, agreement(DSP, 2, NOW + 1000 days));
        vm.warp(NOW + 365 days);
        assertTrue(registry.isActive(dsp));
        vm.warp(NOW + 365 days + 1);
        assertFalse(registry.isActive(dsp));
        audit(dsp, NOW + 500 days);
        assertTrue(registry.isActive(dsp));
        assertStatus(dsp, IDspRegistry.Status.Active);
    }

    function test_a_revoked_audit_ends_activity_at_once() public {
        address dsp = active(DSP);
        vm.prank(auditor);
        registry.revokeAudit(dsp, REPORT);
        assertFalse(registry.isActive(dsp));
    }

    function test_an_audit_needs_a_report_and_an_authorised_dsp() public {
        address dsp = applyFor(DSP);
        vm.prank(auditor);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.ZeroHash.selector));
        registry.recordAudit(dsp, 0, NOW + 1 days);
        expectWrongStatus(dsp, IDspRegistry.Status.Applied);
        vm.prank(auditor);
        registry.recordAudit(dsp, REPORT, NOW + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.ZeroHash.selector));
        vm.prank(auditor);
        registry.revokeAudit(dsp, 0);
        expectWrongStatus(dsp, IDspRegistry.Status.Applied);
        vm.prank(auditor);
        registry.revokeAudit(dsp, REPORT);
    }

    function test_a_removed_dsp_is_not_audited() public {
        address dsp = removed(DSP);
        expectWrongStatus(dsp, IDspRegistry.Status.Removed);
        vm.prank(auditor);
        registry.recordAudit(dsp, REPORT, NOW + 1 days);
        expectWrongStatus(dsp, IDspRegistry.Status.Removed);
        vm.prank(auditor);
        registry.revokeAudit(dsp, REPORT);
    }

    function testFuzz_an_audit_counts_for_a_bounded_time(uint64 validUntil) public {
        address dsp = authorised(DSP);
        uint64 latest = NOW + registry.MAX_AUDIT_VALIDITY();
        bool good = validUntil > NOW && validUntil <= latest;
        if (!good) {
            vm.expectRevert(abi.encodeWithSelector(IDspRegistry.BadValidity.selector, validUntil, latest));
        }
        vm.prank(auditor);
        registry.recordAudit(dsp, REPORT, validUntil);
        assertEq(registry.dspOf(dsp).auditValidUntil, good ? validUntil : 0);
    }

    // Agreements

    function test_an_agreement_needs_an_audit_first() public {
        address dsp = authorised(DSP);
        IDspRegistry.Agreement memory a = agreement(DSP, 1, NOW + 1 days);
        bytes32 digest = registry.agreementDigest(a);
        expectWrongStatus(dsp, IDspRegistry.Status.Authorised);
        registry.signAgreement(a, signature(DSP, digest), authorizer, signature(AUTHORIZER_KEY, digest));
    }

    function test_an_agreement_does_not_activate_a_dsp_without_an_audit_in_time() public {
        address dsp = audited(DSP);
        vm.warp(NOW + 365 days + 1);
        expectRefusal(
            agreement(DSP, 1, NOW + 400 days),
            abi.encodeWithSelector(IDspRegistry.AuditLapsed.selector, dsp, NOW + 365 days)
        );
    }

    function test_a_removed_dsp_signs_nothing() public {
        address dsp = removed(DSP);
        expectRefusal(
            agreement(DSP, 2, NOW + 1 days),
            abi.encodeWithSelector(IDspRegistry.WrongStatus.selector, dsp, IDspRegistry.Status.Removed)
        );
    }

    function test_an_agreement_covers_the_registered_key_and_a_text() public {
        audited(DSP);
        IDspRegistry.Agreement memory a = agreement(DSP, 1, NOW + 1 days);
        a.nodeKey = nodeKey(OTHER);
        expectRefusal(
            a, abi.encodeWithSelector(IDspRegistry.WrongNodeKey.selector, nodeKey(DSP), nodeKey(OTHER))
        );
        a = agreement(DSP, 1, NOW + 1 days);
        a.agreementHash = 0;
        expectRefusal(a, abi.encodeWithSelector(IDspRegistry.ZeroHash.selector));
    }

    function test_versions_ascend_so_that_an_old_agreement_cannot_come_back() public {
        active(DSP);
        expectRefusal(
            agreement(DSP, 1, NOW + 2 days),
            abi.encodeWithSelector(IDspRegistry.StaleAgreement.selector, 1, 1)
        );
        expectRefusal(
            agreement(DSP, 0, NOW + 2 days),
            abi.encodeWithSelector(IDspRegistry.StaleAgreement.selector, 1, 0)
        );
        signed(DSP, agreement(DSP, 7, NOW + 2 days));
        assertEq(registry.dspOf(vm.addr(DSP)).agreementVersion, 7);
    }

    function testFuzz_an_agreement_counts_for_a_bounded_time(uint64 validUntil) public {
        audited(DSP);
        uint64 latest = NOW + registry.MAX_AGREEMENT_VALIDITY();
        if (validUntil > NOW && validUntil <= latest) {
            signed(DSP, agreement(DSP, 1, validUntil));
        } else {
            expectRefusal(
                agreement(DSP, 1, validUntil),
                abi.encodeWithSelector(IDspRegistry.BadValidity.selector, validUntil, latest)
            );
        }
    }

    function expectRefusal(IDspRegistry.Agreement memory a, bytes memory reason) internal {
        bytes32 digest = registry.agreementDigest(a);
        bytes memory first = signature(DSP, digest);
        bytes memory second = signature(AUTHORIZER_KEY, digest);
        vm.expectRevert(reason);
        registry.signAgreement(a, first, authorizer, second);
    }

    function test_both_signatures_are_needed() public {
        address dsp = audited(DSP);
        IDspRegistry.Agreement memory a = agreement(DSP, 1, NOW + 1 days);
        bytes32 digest = registry.agreementDigest(a);
        bytes memory ofDsp = signature(DSP, digest);
        bytes memory ofAuthorizer = signature(AUTHORIZER_KEY, digest);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.BadSignature.selector, dsp));
        registry.signAgreement(a, ofAuthorizer, authorizer, ofAuthorizer);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.BadSignature.selector, authorizer));
        registry.signAgreement(a, ofDsp, authorizer, ofDsp);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.BadSignature.selector, authorizer));
        registry.signAgreement(a, ofDsp, authorizer, "");
    }

    function test_only_an_authorizer_countersigns() public {
        audited(DSP);
        IDspRegistry.Agreement memory a = agreement(DSP, 1, NOW + 1 days);
        bytes32 digest = registry.agreementDigest(a);
        bytes memory first = signature(DSP, digest);
        bytes memory second = signature(OTHER, digest);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.NotAuthorizer.selector, vm.addr(OTHER)));
        registry.signAgreement(a, first, vm.addr(OTHER), second);
    }

    function test_an_institution_may_sign_with_a_contract_account() public {
        address dsp = audited(DSP);
        vm.etch(dsp, type(Agreeable).runtimeCode);
        IDspRegistry.Agreement memory a = agreement(DSP, 1, NOW + 1 days);
        registry.signAgreement(a, "", authorizer, signature(AUTHORIZER_KEY, registry.agreementDigest(a)));
        assertTrue(registry.isActive(dsp));
    }

    function testFuzz_changing_any_member_breaks_the_signatures(uint8 member, uint64 salt) public {
        address dsp = audited(DSP);
        IDspRegistry.Agreement memory a = agreement(DSP, 10, NOW + 10 days);
        bytes32 digest = registry.agreementDigest(a);
        bytes memory first = signature(DSP, digest);
        bytes memory second = signature(AUTHORIZER_KEY, digest);
        uint256 which = bound(member, 0, 2);
        if (which == 0) a.agreementHash = keccak256(abi.encode(salt));
        if (which == 1) a.version = uint64(bound(salt, 11, type(uint64).max));
        if (which == 2) a.validUntil = uint64(bound(salt, NOW + 1, NOW + 10 days - 1));
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.BadSignature.selector, dsp));
        registry.signAgreement(a, first, authorizer, second);
    }

    function test_a_signature_counts_on_one_chain_and_for_one_registry() public {
        IDspRegistry.Agreement memory a = agreement(DSP, 1, NOW + 1 days);
        bytes32 digest = registry.agreementDigest(a);
        assertTrue(new DspRegistry(admin).agreementDigest(a) != digest);
        vm.chainId(5);
        assertTrue(registry.agreementDigest(a) != digest);
    }

    // Suspension and removal

    function test_a_suspension_ends_with_reinstatement() public {
        address dsp = suspended(DSP);
        assertFalse(registry.isActive(dsp));
        assertEq(registry.admitted(), 0);
        vm.prank(authorizer);
        registry.reinstate(dsp);
        assertTrue(registry.isActive(dsp));
        assertEq(registry.admitted(), 1);
    }

    function test_reinstatement_needs_audit_and_agreement_in_time() public {
        address dsp = suspended(DSP);
        vm.warp(NOW + 365 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.AuditLapsed.selector, dsp, NOW + 365 days));
        vm.prank(authorizer);
        registry.reinstate(dsp);
        audit(dsp, NOW + 400 days);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.AgreementLapsed.selector, dsp, NOW + 365 days));
        vm.prank(authorizer);
        registry.reinstate(dsp);
        signed(DSP, agreement(DSP, 2, NOW + 400 days));
        assertStatus(dsp, IDspRegistry.Status.Suspended);
        vm.prank(authorizer);
        registry.reinstate(dsp);
        assertTrue(registry.isActive(dsp));
    }

    function test_anyone_suspends_a_lapsed_dsp_and_nobody_another() public {
        address dsp = active(DSP);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.NotLapsed.selector, dsp));
        registry.suspendLapsed(dsp);
        vm.warp(NOW + 365 days + 1);
        registry.suspendLapsed(dsp);
        assertStatus(dsp, IDspRegistry.Status.Suspended);
        assertEq(registry.admitted(), 0);
        expectWrongStatus(dsp, IDspRegistry.Status.Suspended);
        registry.suspendLapsed(dsp);
    }

    function test_decisions_need_a_reason_and_the_right_stage() public {
        address dsp = audited(DSP);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.ZeroHash.selector));
        vm.prank(authorizer);
        registry.suspend(dsp, 0);
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.ZeroHash.selector));
        vm.prank(authorizer);
        registry.remove(dsp, 0);
        expectWrongStatus(dsp, IDspRegistry.Status.Audited);
        vm.prank(authorizer);
        registry.suspend(dsp, REASON);
        expectWrongStatus(dsp, IDspRegistry.Status.Audited);
        vm.prank(authorizer);
        registry.reinstate(dsp);
        expectWrongStatus(dsp, IDspRegistry.Status.Audited);
        vm.prank(authorizer);
        registry.authorise(dsp, nodeKey(DSP), META);
        expectWrongStatus(vm.addr(OTHER), IDspRegistry.Status.None);
        vm.prank(authorizer);
        registry.remove(vm.addr(OTHER), REASON);
    }

    function test_removal_is_final() public {
        address dsp = removed(DSP);
        assertFalse(registry.isActive(dsp));
        assertEq(registry.admitted(), 0);
        expectWrongStatus(dsp, IDspRegistry.Status.Removed);
        vm.prank(authorizer);
        registry.remove(dsp, REASON);
        expectWrongStatus(dsp, IDspRegistry.Status.Removed);
        vm.prank(authorizer);
        registry.reinstate(dsp);
    }

    /// @dev Any sequence of steps on three DSPs, refused or not, keeps the count of admitted ones true.
    function testFuzz_admitted_counts_the_active_ones(uint8[24] calldata steps) public {
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 key = 0xD1 + uint256(steps[i]) % 3;
            this.step(key, uint256(steps[i]) / 3 % 9, uint64(i + 1));
            uint256 count = 0;
            for (uint256 k = 0xD1; k < 0xD4; ++k) {
                address dsp = vm.addr(k);
                bool stage = statusOf(dsp) == IDspRegistry.Status.Active;
                if (stage) count += 1;
                if (registry.isActive(dsp)) assertTrue(stage);
            }
            assertEq(registry.admitted(), count);
        }
    }

    function step(uint256 key, uint256 what, uint64 version) external {
        address dsp = vm.addr(key);
        IDspRegistry.Agreement memory a = agreement(key, version, uint64(block.timestamp) + 20 days);
        bytes32 digest = registry.agreementDigest(a);
        bytes memory ofDsp = signature(key, digest);
        bytes memory ofAuthorizer = signature(AUTHORIZER_KEY, digest);
        if (what == 8) {
            vm.warp(block.timestamp + 15 days);
            return;
        }
        vm.prank(what == 0 || what == 6 ? dsp : what == 2 ? auditor : authorizer);
        if (what == 0) try registry.applyAsDsp(nodeKey(key), META) {} catch {}
        if (what == 1) try registry.authorise(dsp, nodeKey(key), META) {} catch {}
        if (what == 2) try registry.recordAudit(dsp, REPORT, uint64(block.timestamp) + 30 days) {} catch {}
        if (what == 3) try registry.signAgreement(a, ofDsp, authorizer, ofAuthorizer) {} catch {}
        if (what == 4) try registry.suspend(dsp, REASON) {} catch {}
        if (what == 5) try registry.reinstate(dsp) {} catch {}
        if (what == 6) try registry.withdraw() {} catch {}
        if (what == 7) try registry.suspendLapsed(dsp) {} catch {}
    }
}
