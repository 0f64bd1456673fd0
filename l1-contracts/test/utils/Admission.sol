// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DspRegistry} from "../../src/DspRegistry.sol";
import {IDspRegistry} from "../../src/interfaces/IDspRegistry.sol";
import {Test} from "./Test.sol";

/// @dev A registry with its roles filled, and the steps that admit a DSP.
abstract contract Admission is Test {
    uint256 internal constant AUTHORIZER_KEY = 0xA0;
    uint64 internal constant NOW = 1_800_000_000;
    bytes32 internal constant META = keccak256("metadata");
    bytes32 internal constant REPORT = keccak256("report");
    bytes32 internal constant TEXT = keccak256("agreement");
    bytes32 internal constant REASON = keccak256("reason");

    address internal admin = address(0xAD);
    address internal authorizer = vm.addr(AUTHORIZER_KEY);
    address internal auditor = address(0xA1);
    DspRegistry internal registry;

    function setUp() public virtual {
        vm.warp(NOW);
        registry = new DspRegistry(admin);
        bytes32 authorizerRole = registry.AUTHORIZER_ROLE();
        bytes32 auditorRole = registry.AUDITOR_ROLE();
        vm.prank(admin);
        registry.grantRole(authorizerRole, authorizer);
        vm.prank(admin);
        registry.grantRole(auditorRole, auditor);
    }

    function nodeKey(uint256 key) internal pure returns (bytes32) {
        return keccak256(abi.encode("node", key));
    }

    function applyFor(uint256 key) internal returns (address dsp) {
        dsp = vm.addr(key);
        vm.prank(dsp);
        registry.applyAsDsp(nodeKey(key), META);
    }

    function authorised(uint256 key) internal returns (address dsp) {
        dsp = applyFor(key);
        vm.prank(authorizer);
        registry.authorise(dsp, nodeKey(key), META);
    }

    function audited(uint256 key) internal returns (address dsp) {
        dsp = authorised(key);
        audit(dsp, NOW + 365 days);
    }

    function active(uint256 key) internal returns (address dsp) {
        dsp = audited(key);
        signed(key, agreement(key, 1, NOW + 365 days));
    }

    function audit(address dsp, uint64 validUntil) internal {
        vm.prank(auditor);
        registry.recordAudit(dsp, REPORT, validUntil);
    }

    function agreement(uint256 key, uint64 version, uint64 validUntil)
        internal
        pure
        returns (IDspRegistry.Agreement memory)
    {
        return IDspRegistry.Agreement({
            dsp: vm.addr(key),
            nodeKey: nodeKey(key),
            agreementHash: TEXT,
            version: version,
            validUntil: validUntil
        });
    }

    function signed(uint256 key, IDspRegistry.Agreement memory a) internal {
        bytes32 digest = registry.agreementDigest(a);
        registry.signAgreement(a, signature(key, digest), authorizer, signature(AUTHORIZER_KEY, digest));
    }

    function suspended(uint256 key) internal returns (address dsp) {
        dsp = active(key);
        vm.prank(authorizer);
        registry.suspend(dsp, REASON);
    }

    function removed(uint256 key) internal returns (address dsp) {
        dsp = active(key);
        vm.prank(authorizer);
        registry.remove(dsp, REASON);
    }

    function statusOf(address dsp) internal view returns (IDspRegistry.Status) {
        return registry.dspOf(dsp).status;
    }

    function assertStatus(address dsp, IDspRegistry.Status status) internal view {
        assertEq(uint256(statusOf(dsp)), uint256(status));
    }

    function expectWrongStatus(address dsp, IDspRegistry.Status status) internal {
        vm.expectRevert(abi.encodeWithSelector(IDspRegistry.WrongStatus.selector, dsp, status));
    }
}
