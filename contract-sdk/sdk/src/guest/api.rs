//! Addresses and signatures, by the host.
#![expect(unsafe_code, reason = "imports")]

use cosmwasm_std::{Addr, Api, CanonicalAddr, RecoverPubkeyError, StdError, StdResult, VerificationError};

use super::region::{Region, returned};

unsafe extern "C" {
    fn addr_validate(text: u32) -> u32;
    fn addr_canonicalize(text: u32, to: u32) -> u32;
    fn addr_humanize(bytes: u32, to: u32) -> u32;
    fn secp256k1_verify(hash: u32, signature: u32, key: u32) -> u32;
    fn secp256k1_recover_pubkey(hash: u32, signature: u32, id: u32) -> u64;
    fn ed25519_verify(message: u32, signature: u32, key: u32) -> u32;
    fn ed25519_batch_verify(messages: u32, signatures: u32, keys: u32) -> u32;
    fn debug(text: u32);
}

/// Longest text that the host reads as an address.
const MAX_TEXT: usize = 256;
/// Longest bytes of an address that the host writes: CosmWasm's.
const MAX_BYTES: usize = 64;
/// Longest text of an address that the host writes: CosmWasm's.
const MAX_HUMAN: usize = 90;

pub(super) struct HostApi;

/// What an import says of an address: nothing, or a text why not.
///
/// # Safety
/// `answer` is what an import for addresses returned.
unsafe fn accepted(import: &str, answer: u32) -> StdResult<()> {
    // SAFETY: Zero, or a region that the host had from `allocate` and filled.
    match unsafe { returned(answer) } {
        None => Ok(()),
        Some(why) => Err(StdError::msg(format_args!("{import} errored: {}", String::from_utf8_lossy(&why)))),
    }
}

fn not_too_long(import: &str, text: &str) -> StdResult<()> {
    if text.len() > MAX_TEXT {
        return Err(StdError::msg(format_args!("input too long for {import}")));
    }
    Ok(())
}

/// What an import wrote into `room`.
fn filled(region: &Region, mut room: Vec<u8>) -> Vec<u8> {
    let length = region.written().min(room.capacity());
    // SAFETY: The host has written that many bytes.
    unsafe { room.set_len(length) };
    room
}

#[expect(clippy::panic, reason = "as CosmWasm: the host never says this")]
fn verified(code: u32) -> Result<bool, VerificationError> {
    match code {
        0 => Ok(true),
        1 => Ok(false),
        2 => panic!("the host found a message too long, which it does not"),
        3 => Err(VerificationError::InvalidHashFormat),
        4 => Err(VerificationError::InvalidSignatureFormat),
        5 => Err(VerificationError::InvalidPubkeyFormat),
        10 => Err(VerificationError::GenericErr),
        code => Err(VerificationError::unknown_err(code)),
    }
}

/// Texts one behind the other, each with its length behind it, big-endian.
fn sections(sections: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(sections.iter().map(|section| section.len() + 4).sum());
    for section in sections {
        bytes.extend_from_slice(section);
        // The memory of this target has 32 bits.
        let length = u32::try_from(section.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
    }
    bytes
}

// SAFETY of all calls: regions live until the import returns, and those to write to have room.
impl Api for HostApi {
    fn addr_validate(&self, human: &str) -> StdResult<Addr> {
        not_too_long("addr_validate", human)?;
        let text = Region::of(human.as_bytes());
        // SAFETY: As above.
        unsafe { accepted("addr_validate", addr_validate(text.address()))? };
        Ok(Addr::unchecked(human))
    }

    fn addr_canonicalize(&self, human: &str) -> StdResult<CanonicalAddr> {
        not_too_long("addr_canonicalize", human)?;
        let text = Region::of(human.as_bytes());
        let mut room = Vec::with_capacity(MAX_BYTES);
        let to = Region::room(&mut room);
        // SAFETY: As above.
        unsafe { accepted("addr_canonicalize", addr_canonicalize(text.address(), to.address()))? };
        Ok(filled(&to, room).into())
    }

    fn addr_humanize(&self, canonical: &CanonicalAddr) -> StdResult<Addr> {
        let bytes = Region::of(canonical);
        let mut room = Vec::with_capacity(MAX_HUMAN);
        let to = Region::room(&mut room);
        // SAFETY: As above.
        unsafe { accepted("addr_humanize", addr_humanize(bytes.address(), to.address()))? };
        Ok(Addr::unchecked(String::from_utf8(filled(&to, room))?))
    }

    fn secp256k1_verify(&self, hash: &[u8], signature: &[u8], key: &[u8]) -> Result<bool, VerificationError> {
        let [hash, signature, key] = [hash, signature, key].map(Region::of);
        // SAFETY: As above.
        verified(unsafe { secp256k1_verify(hash.address(), signature.address(), key.address()) })
    }

    #[expect(clippy::panic, reason = "as CosmWasm: the host never says this")]
    #[expect(clippy::cast_possible_truncation, reason = "two values in one")]
    fn secp256k1_recover_pubkey(
        &self,
        hash: &[u8],
        signature: &[u8],
        id: u8,
    ) -> Result<Vec<u8>, RecoverPubkeyError> {
        let [hash, signature] = [hash, signature].map(Region::of);
        // SAFETY: As above.
        let answer = unsafe { secp256k1_recover_pubkey(hash.address(), signature.address(), id.into()) };
        match (answer >> 32) as u32 {
            // SAFETY: The lower half is a region that the host had from `allocate` and filled.
            0 => Ok(unsafe { returned(answer as u32) }.unwrap_or_default()),
            2 => panic!("the host found a message too long, which it does not"),
            3 => Err(RecoverPubkeyError::InvalidHashFormat),
            4 => Err(RecoverPubkeyError::InvalidSignatureFormat),
            6 => Err(RecoverPubkeyError::InvalidRecoveryParam),
            code => Err(RecoverPubkeyError::unknown_err(code)),
        }
    }

    fn ed25519_verify(
        &self,
        message: &[u8],
        signature: &[u8],
        key: &[u8],
    ) -> Result<bool, VerificationError> {
        let [message, signature, key] = [message, signature, key].map(Region::of);
        // SAFETY: As above.
        verified(unsafe { ed25519_verify(message.address(), signature.address(), key.address()) })
    }

    fn ed25519_batch_verify(
        &self,
        messages: &[&[u8]],
        signatures: &[&[u8]],
        keys: &[&[u8]],
    ) -> Result<bool, VerificationError> {
        let all = [messages, signatures, keys].map(sections);
        let [messages, signatures, keys] = all.each_ref().map(|bytes| Region::of(bytes));
        // SAFETY: As above.
        verified(unsafe { ed25519_batch_verify(messages.address(), signatures.address(), keys.address()) })
    }

    fn debug(&self, message: &str) {
        let text = Region::of(message.as_bytes());
        // SAFETY: As above.
        unsafe { debug(text.address()) }
    }
}
