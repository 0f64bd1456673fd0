//! Addresses are 32 bytes: a contract's id or a holder's key. Their one text is lower-case hexadecimal.

use nectar_abi::ContractId;

use crate::error::Stop;
use crate::frame::Guest;

const MAX_TEXT_BYTES: usize = 256;
const MAX_CANONICAL_BYTES: usize = 64;

/// Zero, or what is wrong.
pub(super) fn validate(guest: &mut Guest<'_>, text: u32) -> Result<u32, Stop> {
    let text = guest.take(text, "address", MAX_TEXT_BYTES)?;
    match parse(&text) {
        Ok(_) => Ok(0),
        Err(wrong) => guest.give(wrong.as_bytes()),
    }
}

/// Writes the 32 bytes of an address.
pub(super) fn canonicalize(guest: &mut Guest<'_>, text: u32, to: u32) -> Result<u32, Stop> {
    let text = guest.take(text, "address", MAX_TEXT_BYTES)?;
    match parse(&text) {
        Ok(id) => guest.put(to, id.as_bytes()).map(|()| 0),
        Err(wrong) => guest.give(wrong.as_bytes()),
    }
}

/// Writes the text of 32 bytes.
pub(super) fn humanize(guest: &mut Guest<'_>, bytes: u32, to: u32) -> Result<u32, Stop> {
    let bytes = guest.take(bytes, "canonical address", MAX_CANONICAL_BYTES)?;
    match ContractId::from_slice(&bytes) {
        Ok(id) => guest.put(to, id.to_string().as_bytes()).map(|()| 0),
        Err(_) => guest.give(b"a canonical address has 32 bytes"),
    }
}

fn parse(text: &[u8]) -> Result<ContractId, String> {
    let text = std::str::from_utf8(text).map_err(|_| "an address is text".to_owned())?;
    text.parse::<ContractId>().map_err(|error| format!("an address: {error}"))
}
