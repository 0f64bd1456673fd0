// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IDspRegistry} from "./interfaces/IDspRegistry.sol";

/// @title The registry of Data Service Providers.
/// @dev The admin (`DEFAULT_ADMIN_ROLE`) appoints Authorizers and Auditors and nothing else.
contract DspRegistry is IDspRegistry, AccessControl, EIP712 {
    /// @notice Accepts applications, countersigns agreements, suspends and removes.
    bytes32 public constant AUTHORIZER_ROLE = keccak256("nectar.authorizer");
    /// @notice Records and revokes audits.
    bytes32 public constant AUDITOR_ROLE = keccak256("nectar.auditor");
    /// @notice Longest time that one audit counts.
    uint64 public constant MAX_AUDIT_VALIDITY = 366 days;
    /// @notice Longest time that one agreement counts.
    uint64 public constant MAX_AGREEMENT_VALIDITY = 5 * 366 days;
    /// @notice EIP-712 type of an agreement.
    bytes32 public constant AGREEMENT_TYPEHASH = keccak256(
        "Agreement(address dsp,bytes32 nodeKey,bytes32 agreementHash,uint64 version,uint64 validUntil)"
    );

    /// @inheritdoc IDspRegistry
    uint256 public admitted;
    /// @inheritdoc IDspRegistry
    mapping(bytes32 nodeKey => address) public operatorOf;
    mapping(address dsp => Dsp) private _dsps;

    constructor(address admin) EIP712("Nectar DspRegistry", "1") {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IDspRegistry
    function applyAsDsp(bytes32 nodeKey, bytes32 metadataHash) external {
        if (nodeKey == 0 || metadataHash == 0) revert ZeroHash();
        Dsp storage d = _dsps[msg.sender];
        if (d.status > Status.Applied) revert WrongStatus(msg.sender, d.status);
        address owner = operatorOf[nodeKey];
        if (owner != address(0)) revert NodeKeyTaken(nodeKey, owner);
        d.nodeKey = nodeKey;
        d.metadataHash = metadataHash;
        if (d.status == Status.None) _move(msg.sender, Status.Applied);
        emit Applied(msg.sender, nodeKey, metadataHash);
    }

    /// @inheritdoc IDspRegistry
    function withdraw() external {
        Status status = _dsps[msg.sender].status;
        if (status == Status.None || status == Status.Removed) revert WrongStatus(msg.sender, status);
        if (status == Status.Applied) {
            _move(msg.sender, Status.None);
            delete _dsps[msg.sender];
        } else {
            _move(msg.sender, Status.Removed);
        }
        emit Withdrawn(msg.sender);
    }

    /// @inheritdoc IDspRegistry
    function authorise(address dsp, bytes32 nodeKey, bytes32 metadataHash)
        external
        onlyRole(AUTHORIZER_ROLE)
        notSelf(dsp)
    {
        Dsp storage d = _dsps[dsp];
        if (d.status != Status.Applied) revert WrongStatus(dsp, d.status);
        if (d.nodeKey != nodeKey) revert WrongNodeKey(d.nodeKey, nodeKey);
        if (d.metadataHash != metadataHash) revert WrongMetadata(d.metadataHash, metadataHash);
        address owner = operatorOf[nodeKey];
        if (owner != address(0)) revert NodeKeyTaken(nodeKey, owner);
        operatorOf[nodeKey] = dsp;
        _move(dsp, Status.Authorised);
        emit Authorised(dsp, nodeKey, msg.sender);
    }

    /// @inheritdoc IDspRegistry
    function recordAudit(address dsp, bytes32 reportHash, uint64 validUntil)
        external
        onlyRole(AUDITOR_ROLE)
        notSelf(dsp)
    {
        if (reportHash == 0) revert ZeroHash();
        _checkValidity(validUntil, MAX_AUDIT_VALIDITY);
        Dsp storage d = _dsps[dsp];
        if (d.status < Status.Authorised || d.status == Status.Removed) revert WrongStatus(dsp, d.status);
        d.auditReport = reportHash;
        d.auditValidUntil = validUntil;
        if (d.status == Status.Authorised) _move(dsp, Status.Audited);
        emit AuditRecorded(dsp, msg.sender, reportHash, validUntil);
    }

    /// @inheritdoc IDspRegistry
    function revokeAudit(address dsp, bytes32 reportHash) external onlyRole(AUDITOR_ROLE) notSelf(dsp) {
        if (reportHash == 0) revert ZeroHash();
        Dsp storage d = _dsps[dsp];
        if (d.status < Status.Audited || d.status == Status.Removed) revert WrongStatus(dsp, d.status);
        d.auditReport = reportHash;
        d.auditValidUntil = 0;
        emit AuditRevoked(dsp, msg.sender, reportHash);
    }

    /// @inheritdoc IDspRegistry
    function signAgreement(
        Agreement calldata agreement,
        bytes calldata dspSignature,
        address authorizer,
        bytes calldata authorizerSignature
    ) external {
        address dsp = agreement.dsp;
        Dsp storage d = _dsps[dsp];
        if (d.status < Status.Audited || d.status == Status.Removed) revert WrongStatus(dsp, d.status);
        if (agreement.nodeKey != d.nodeKey) revert WrongNodeKey(d.nodeKey, agreement.nodeKey);
        if (agreement.agreementHash == 0) revert ZeroHash();
        if (agreement.version <= d.agreementVersion) {
            revert StaleAgreement(d.agreementVersion, agreement.version);
        }
        _checkValidity(agreement.validUntil, MAX_AGREEMENT_VALIDITY);
        if (authorizer == dsp) revert OwnAffair(dsp);
        if (!hasRole(AUTHORIZER_ROLE, authorizer)) revert NotAuthorizer(authorizer);
        bytes32 digest = agreementDigest(agreement);
        _checkSignature(dsp, digest, dspSignature);
        _checkSignature(authorizer, digest, authorizerSignature);

        d.agreementHash = agreement.agreementHash;
        d.agreementVersion = agreement.version;
        d.agreementValidUntil = agreement.validUntil;
        if (d.status == Status.Audited) _activate(dsp);
        emit AgreementSigned(
            dsp, authorizer, agreement.agreementHash, agreement.version, agreement.validUntil
        );
    }

    /// @inheritdoc IDspRegistry
    function suspend(address dsp, bytes32 reasonHash) external onlyRole(AUTHORIZER_ROLE) {
        if (reasonHash == 0) revert ZeroHash();
        Status status = _dsps[dsp].status;
        if (status != Status.Active) revert WrongStatus(dsp, status);
        _move(dsp, Status.Suspended);
        emit ReasonGiven(dsp, msg.sender, reasonHash);
    }

    /// @inheritdoc IDspRegistry
    function suspendLapsed(address dsp) external {
        Dsp storage d = _dsps[dsp];
        if (d.status != Status.Active) revert WrongStatus(dsp, d.status);
        if (_inTime(d.auditValidUntil) && _inTime(d.agreementValidUntil)) revert NotLapsed(dsp);
        _move(dsp, Status.Suspended);
    }

    /// @inheritdoc IDspRegistry
    function reinstate(address dsp) external onlyRole(AUTHORIZER_ROLE) notSelf(dsp) {
        Status status = _dsps[dsp].status;
        if (status != Status.Suspended) revert WrongStatus(dsp, status);
        _activate(dsp);
    }

    /// @inheritdoc IDspRegistry
    function remove(address dsp, bytes32 reasonHash) external onlyRole(AUTHORIZER_ROLE) {
        if (reasonHash == 0) revert ZeroHash();
        Status status = _dsps[dsp].status;
        if (status == Status.None || status == Status.Removed) revert WrongStatus(dsp, status);
        _move(dsp, Status.Removed);
        emit ReasonGiven(dsp, msg.sender, reasonHash);
    }

    /// @inheritdoc IDspRegistry
    function isActive(address dsp) external view returns (bool) {
        Dsp storage d = _dsps[dsp];
        return d.status == Status.Active && _inTime(d.auditValidUntil) && _inTime(d.agreementValidUntil);
    }

    /// @inheritdoc IDspRegistry
    function dspOf(address dsp) external view returns (Dsp memory) {
        return _dsps[dsp];
    }

    /// @inheritdoc IDspRegistry
    function agreementDigest(Agreement calldata agreement) public view returns (bytes32) {
        // Every member is static, so this is the struct's EIP-712 encoding.
        return _hashTypedDataV4(keccak256(abi.encode(AGREEMENT_TYPEHASH, agreement)));
    }

    /// @dev Keeps the two roles in different hands.
    function _grantRole(bytes32 role, address account) internal override returns (bool) {
        bool conflict = (role == AUTHORIZER_ROLE && hasRole(AUDITOR_ROLE, account))
            || (role == AUDITOR_ROLE && hasRole(AUTHORIZER_ROLE, account));
        if (conflict) revert RolesConflict(account);
        return super._grantRole(role, account);
    }

    function _activate(address dsp) private {
        Dsp storage d = _dsps[dsp];
        if (!_inTime(d.auditValidUntil)) revert AuditLapsed(dsp, d.auditValidUntil);
        if (!_inTime(d.agreementValidUntil)) revert AgreementLapsed(dsp, d.agreementValidUntil);
        _move(dsp, Status.Active);
    }

    function _inTime(uint64 validUntil) private view returns (bool) {
        return block.timestamp <= validUntil;
    }

    /// @dev The only place that changes a status, so that `admitted` cannot drift.
    function _move(address dsp, Status to) private {
        Dsp storage d = _dsps[dsp];
        Status from = d.status;
        d.status = to;
        if (to == Status.Active) admitted += 1;
        if (from == Status.Active) admitted -= 1;
        emit StatusChanged(dsp, from, to);
    }

    function _checkValidity(uint64 validUntil, uint64 longest) private view {
        uint64 latest = uint64(block.timestamp) + longest;
        if (validUntil <= block.timestamp || validUntil > latest) revert BadValidity(validUntil, latest);
    }

    /// @dev ERC-1271 too, because institutions sign with multisignature accounts.
    function _checkSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) {
            revert BadSignature(signer);
        }
    }

    modifier notSelf(address dsp) {
        if (msg.sender == dsp) revert OwnAffair(dsp);
        _;
    }
}
