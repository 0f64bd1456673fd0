// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who may run a Nectar node.
/// @notice A Data Service Provider (DSP) is an operator address with one Ed25519 node key. It applies, is
/// authorised, is audited, and becomes active when the agreement is signed by both sides. Hashes stand for
/// documents; nothing private is stored. Times are seconds since 1970 (UTC).
interface IDspRegistry {
    /// @notice Where a DSP is in its life cycle.
    /// @dev `Removed` is final for the address and, once authorised, for its node key.
    enum Status {
        None,
        Applied,
        Authorised,
        Audited,
        Active,
        Suspended,
        Removed
    }

    /// @notice What the registry knows of a DSP.
    /// @param nodeKey Ed25519 public key (RFC 8032), compressed: how other nodes know this one.
    /// @param metadataHash Hash of the public description that was reviewed.
    /// @param auditReport Hash of the last audit's report.
    /// @param agreementHash Hash of the agreement's text in force.
    /// @param auditValidUntil Last second at which the audit counts; 0 if there is none.
    /// @param agreementVersion Version of the agreement in force; 0 if there is none.
    /// @param agreementValidUntil Last second at which the agreement counts.
    /// @param status Stage; `isActive` also needs audit and agreement to be in time.
    struct Dsp {
        bytes32 nodeKey;
        bytes32 metadataHash;
        bytes32 auditReport;
        bytes32 agreementHash;
        uint64 auditValidUntil;
        uint64 agreementVersion;
        uint64 agreementValidUntil;
        Status status;
    }

    /// @notice The business associate agreement (45 CFR 164.504(e)) as EIP-712 typed data.
    /// @param dsp Operator address of the DSP that signs.
    /// @param nodeKey Node key that the agreement covers; must be the registered one.
    /// @param agreementHash Hash of the agreement's text.
    /// @param version Ascends with every agreement of this DSP, so that an old one cannot come back.
    /// @param validUntil Last second at which the agreement counts.
    struct Agreement {
        address dsp;
        bytes32 nodeKey;
        bytes32 agreementHash;
        uint64 version;
        uint64 validUntil;
    }

    /// @notice An operator applied, or replaced an application that nobody had decided on.
    event Applied(address indexed dsp, bytes32 indexed nodeKey, bytes32 metadataHash);
    /// @notice The operator took back an application; nothing of it remains.
    event Withdrawn(address indexed dsp);
    /// @notice An Authorizer accepted the application; the node key now belongs to the DSP for good.
    event Authorised(address indexed dsp, bytes32 indexed nodeKey, address indexed authorizer);
    /// @notice An Auditor recorded a passed audit.
    event AuditRecorded(address indexed dsp, address indexed auditor, bytes32 reportHash, uint64 validUntil);
    /// @notice An Auditor ended the audit's validity: the DSP is inactive from now on.
    event AuditRevoked(address indexed dsp, address indexed auditor, bytes32 reportHash);
    /// @notice Both sides signed an agreement.
    event AgreementSigned(
        address indexed dsp,
        address indexed authorizer,
        bytes32 agreementHash,
        uint64 version,
        uint64 validUntil
    );
    /// @notice The stage changed. A node follows these, and watches the validity times of audit and agreement.
    event StatusChanged(address indexed dsp, Status indexed from, Status indexed to);
    /// @notice Why a DSP was suspended or removed, as a document's hash.
    event ReasonGiven(address indexed dsp, address indexed authorizer, bytes32 reasonHash);

    /// @notice The DSP is not at a stage at which this is possible.
    error WrongStatus(address dsp, Status status);
    /// @notice A node key of zero, or a hash of zero, stands for nothing.
    error ZeroHash();
    /// @notice Another DSP has, or had, this node key.
    error NodeKeyTaken(bytes32 nodeKey, address dsp);
    /// @notice The node key is not the one that the DSP registered.
    error WrongNodeKey(bytes32 expected, bytes32 got);
    /// @notice The description is not the one that the DSP registered.
    error WrongMetadata(bytes32 expected, bytes32 got);
    /// @notice Nobody authorises, audits or countersigns for itself.
    error OwnAffair(address dsp);
    /// @notice The account has the other role: who authorises does not audit.
    error RolesConflict(address account);
    /// @notice The time is not after now, or is further away than `latest`.
    error BadValidity(uint64 validUntil, uint64 latest);
    /// @notice The version does not ascend.
    error StaleAgreement(uint64 current, uint64 got);
    /// @notice The signature over the agreement is not by `signer`.
    error BadSignature(address signer);
    /// @notice There is no audit in time; `validUntil` is when the last one ended, 0 if it was revoked.
    error AuditLapsed(address dsp, uint64 validUntil);
    /// @notice There is no agreement in time.
    error AgreementLapsed(address dsp, uint64 validUntil);
    /// @notice Audit and agreement are both in time.
    error NotLapsed(address dsp);
    /// @notice Whoever countersigned is not an Authorizer.
    error NotAuthorizer(address account);

    /// @notice Applies, as the operator, with the node's key and the hash of a public description.
    /// @dev A key in an application is a claim only: it is taken when an Authorizer accepts, who checks off
    /// chain that the applicant holds it. So nobody can block a key by applying with it.
    function applyAsDsp(bytes32 nodeKey, bytes32 metadataHash) external;

    /// @notice Takes back one's own application before it is decided; later, leaves for good.
    function withdraw() external;

    /// @notice Accepts an application. Authorizer only.
    /// @param nodeKey The key that was checked, so that an application replaced meanwhile is not accepted.
    /// @param metadataHash The description that was reviewed, for the same reason.
    function authorise(address dsp, bytes32 nodeKey, bytes32 metadataHash) external;

    /// @notice Records a passed audit, the first or a later one. Auditor only.
    /// @param validUntil At most `MAX_AUDIT_VALIDITY` from now.
    function recordAudit(address dsp, bytes32 reportHash, uint64 validUntil) external;

    /// @notice Ends the audit's validity at once, after an adverse finding. Auditor only.
    function revokeAudit(address dsp, bytes32 reportHash) external;

    /// @notice Puts an agreement in force that both sides signed; the first one activates a DSP whose audit is
    /// in time. Anyone may carry it to the chain.
    function signAgreement(
        Agreement calldata agreement,
        bytes calldata dspSignature,
        address authorizer,
        bytes calldata authorizerSignature
    ) external;

    /// @notice Suspends an active DSP. Authorizer only.
    function suspend(address dsp, bytes32 reasonHash) external;

    /// @notice Suspends a DSP whose audit or agreement lapsed. Anyone may call it: lapsed DSPs cannot attest,
    /// yet count as `admitted` until then, and so raise the quorum of the others.
    function suspendLapsed(address dsp) external;

    /// @notice Ends a suspension; audit and agreement must be in time. Authorizer only.
    function reinstate(address dsp) external;

    /// @notice Removes a DSP for good. Authorizer only.
    function remove(address dsp, bytes32 reasonHash) external;

    /// @notice Whether the DSP may host and attest now: active, audited in time, under an agreement in time.
    function isActive(address dsp) external view returns (bool);

    /// @notice How many DSPs are at the stage `Active`, those with a lapsed audit or agreement included: an
    /// upper bound on how many are active now.
    function admitted() external view returns (uint256);

    /// @notice What the registry knows of a DSP; all zero for an unknown address.
    function dspOf(address dsp) external view returns (Dsp memory);

    /// @notice The DSP that has, or had, this node key; zero if none.
    function operatorOf(bytes32 nodeKey) external view returns (address);

    /// @notice The EIP-712 digest that both sides of an agreement sign.
    function agreementDigest(Agreement calldata agreement) external view returns (bytes32);
}
