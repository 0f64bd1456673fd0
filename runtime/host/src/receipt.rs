use nectar_capability::{CoseError, SigningKey, cose};
use nectar_trace::{CodecError, MAX_RECEIPT_BYTES, Receipt};
use thiserror::Error;

/// What a receipt's signature is for, and nothing else.
const CONTEXT: &str = "nectar/receipt/v1";
/// Longest signed receipt, in bytes.
pub const MAX_SIGNED_RECEIPT_BYTES: usize = MAX_RECEIPT_BYTES + cose::OVERHEAD;

/// A receipt with its DSP's signature: a COSE_Sign1 over [`Receipt::encode`]. Holds nothing private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    receipt: Receipt,
    bytes: Vec<u8>,
}

/// Why bytes are no signed receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The envelope.
    #[error(transparent)]
    Envelope(#[from] CoseError),
    /// What is in it.
    #[error(transparent)]
    Receipt(#[from] CodecError),
    /// Signed by another key than the DSP's that it names.
    #[error("the receipt is not signed by the DSP that it names")]
    Signer,
}

impl SignedReceipt {
    pub(crate) fn sign(receipt: Receipt, key: &SigningKey) -> Self {
        let bytes = cose::sign(key, CONTEXT, &receipt.encode());
        Self { receipt, bytes }
    }

    /// Reads a signed receipt and checks the signature.
    ///
    /// # Errors
    /// [`ReceiptError`]
    pub fn decode(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let (signer, payload) = cose::verify(CONTEXT, bytes, MAX_SIGNED_RECEIPT_BYTES)?;
        let receipt = Receipt::decode(&payload)?;
        if receipt.dsp != signer {
            return Err(ReceiptError::Signer);
        }
        Ok(Self { receipt, bytes: bytes.to_vec() })
    }

    /// What it says.
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The COSE_Sign1.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The COSE_Sign1.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Checks a signed receipt: canonical, and signed by the DSP that it names. Whether that is a DSP is for L1 to say.
///
/// # Errors
/// [`ReceiptError`]
pub fn verify_receipt(bytes: &[u8]) -> Result<Receipt, ReceiptError> {
    SignedReceipt::decode(bytes).map(|signed| signed.receipt)
}
