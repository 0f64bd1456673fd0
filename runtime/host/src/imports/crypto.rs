//! Signature checks that every CosmWasm contract imports, called or not, with CosmWasm's own code and error numbers.

use cosmwasm_crypto::{
    CryptoError, ECDSA_PUBKEY_MAX_LEN, ECDSA_SIGNATURE_LEN, EDDSA_PUBKEY_LEN, MESSAGE_HASH_MAX_LEN,
};

use crate::error::Stop;
use crate::frame::Guest;
use crate::gas;
use crate::region::decode_sections;

const VALID: u32 = 0;
const INVALID: u32 = 1;
const BAD_RECOVERY_ID: u32 = 6;
const BAD_BATCH: u32 = 7;

const MAX_MESSAGE_BYTES: usize = 128 * 1024;
const MAX_BATCH: usize = 256;
const EDDSA_SIGNATURE_LEN: usize = 64;

pub(super) fn secp256k1_verify(
    guest: &mut Guest<'_>,
    hash: u32,
    signature: u32,
    key: u32,
) -> Result<u32, Stop> {
    guest.charge(gas::SIGNATURE)?;
    let hash = guest.take(hash, "message hash", MESSAGE_HASH_MAX_LEN)?;
    let signature = guest.take(signature, "signature", ECDSA_SIGNATURE_LEN)?;
    let key = guest.take(key, "public key", ECDSA_PUBKEY_MAX_LEN)?;
    Ok(code(cosmwasm_crypto::secp256k1_verify(&hash, &signature, &key)))
}

/// A pointer to the key in the low half, or an error number in the high half.
pub(super) fn secp256k1_recover_pubkey(
    guest: &mut Guest<'_>,
    hash: u32,
    signature: u32,
    recovery: u32,
) -> Result<u64, Stop> {
    guest.charge(gas::RECOVER)?;
    let hash = guest.take(hash, "message hash", MESSAGE_HASH_MAX_LEN)?;
    let signature = guest.take(signature, "signature", ECDSA_SIGNATURE_LEN)?;
    let Ok(recovery) = u8::try_from(recovery) else { return Ok(high(BAD_RECOVERY_ID)) };
    match cosmwasm_crypto::secp256k1_recover_pubkey(&hash, &signature, recovery) {
        Ok(key) => guest.give(&key).map(u64::from),
        Err(error) => Ok(high(error.code())),
    }
}

pub(super) fn ed25519_verify(
    guest: &mut Guest<'_>,
    message: u32,
    signature: u32,
    key: u32,
) -> Result<u32, Stop> {
    guest.charge(gas::SIGNATURE)?;
    let message = guest.take(message, "message", MAX_MESSAGE_BYTES)?;
    let signature = guest.take(signature, "signature", EDDSA_SIGNATURE_LEN)?;
    let key = guest.take(key, "public key", EDDSA_PUBKEY_LEN)?;
    Ok(code(cosmwasm_crypto::ed25519_verify(&message, &signature, &key)))
}

/// One message, signature and key each, or one message under many keys, or one key for many messages. Each is checked
/// by itself: no randomness is needed, and the answer is that of the batch equation.
pub(super) fn ed25519_batch_verify(
    guest: &mut Guest<'_>,
    messages: u32,
    signatures: u32,
    keys: u32,
) -> Result<u32, Stop> {
    let read =
        |guest: &mut Guest<'_>, pointer, what, each: usize| guest.take(pointer, what, (each + 4) * MAX_BATCH);
    let messages = read(guest, messages, "messages", MAX_MESSAGE_BYTES)?;
    let signatures = read(guest, signatures, "signatures", EDDSA_SIGNATURE_LEN)?;
    let keys = read(guest, keys, "public keys", EDDSA_PUBKEY_LEN)?;
    let messages = decode_sections(&messages, "messages of a batch", MAX_BATCH)?;
    let signatures = decode_sections(&signatures, "signatures of a batch", MAX_BATCH)?;
    let keys = decode_sections(&keys, "public keys of a batch", MAX_BATCH)?;
    guest.charge(gas::times(gas::SIGNATURE, signatures.len()))?;
    let count = signatures.len();
    let fits = |items: &[&[u8]]| items.len() == count || items.len() == 1;
    if !fits(&messages) || !fits(&keys) || (messages.len() != count && keys.len() != count) {
        return Ok(BAD_BATCH);
    }
    let at = |items: &[&'_ [u8]], index: usize| -> Vec<u8> {
        items.get(if items.len() == 1 { 0 } else { index }).map(|item| item.to_vec()).unwrap_or_default()
    };
    for (index, signature) in signatures.iter().enumerate() {
        match code(cosmwasm_crypto::ed25519_verify(&at(&messages, index), signature, &at(&keys, index))) {
            VALID => {}
            other => return Ok(other),
        }
    }
    Ok(VALID)
}

fn code(result: Result<bool, CryptoError>) -> u32 {
    match result {
        Ok(true) => VALID,
        Ok(false) => INVALID,
        Err(error) => error.code(),
    }
}

const fn high(code: u32) -> u64 {
    (code as u64) << 32
}
