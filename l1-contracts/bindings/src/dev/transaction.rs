use alloy::consensus::transaction::{Recovered, SignerRecoverable as _};
use alloy::consensus::{Transaction as _, TxEnvelope, Typed2718 as _};
use alloy::eips::eip2718::Decodable2718 as _;
use alloy::primitives::TxKind;
use alloy::rpc::types::TransactionRequest;
use revm::context::TxEnv;

use super::DEV_CHAIN_ID;
use super::error::RpcError;
use super::evm::TX_GAS_CAP;

/// Largest signed transaction, as Ethereum's nodes have it.
const MAX_BYTES: usize = 128 * 1024;

/// Reads a signed transaction (EIP-2718) and recovers its sender.
pub(super) fn decode(bytes: &[u8]) -> Result<Recovered<TxEnvelope>, RpcError> {
    if bytes.len() > MAX_BYTES {
        return Err(RpcError::TransactionTooLarge { limit: MAX_BYTES, got: bytes.len() });
    }
    let tx = TxEnvelope::decode_2718_exact(bytes).map_err(|_| RpcError::NotATransaction)?;
    if tx.ty() > 2 {
        return Err(RpcError::UnsupportedType(tx.ty()));
    }
    if tx.chain_id().is_none() {
        return Err(RpcError::NoChainId);
    }
    let signer = tx.recover_signer().map_err(|_| RpcError::BadSignature)?;
    Ok(Recovered::new_unchecked(tx, signer))
}

/// A signed transaction as the EVM takes it.
pub(super) fn to_env(tx: &Recovered<TxEnvelope>) -> TxEnv {
    TxEnv {
        tx_type: tx.ty(),
        caller: tx.signer(),
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: Vec::new(),
    }
}

/// A question (`eth_call`, `eth_estimateGas`) as the EVM takes it. Fees are left out: a question is free.
pub(super) fn question(request: TransactionRequest) -> TxEnv {
    TxEnv {
        tx_type: u8::from(request.access_list.is_some()),
        caller: request.from.unwrap_or_default(),
        gas_limit: request.gas.unwrap_or(TX_GAS_CAP).min(TX_GAS_CAP),
        gas_price: 0,
        gas_priority_fee: None,
        kind: request.to.unwrap_or(TxKind::Create),
        value: request.value.unwrap_or_default(),
        data: request.input.into_input().unwrap_or_default(),
        nonce: request.nonce.unwrap_or_default(),
        chain_id: Some(request.chain_id.unwrap_or(DEV_CHAIN_ID)),
        access_list: request.access_list.unwrap_or_default(),
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: Vec::new(),
    }
}
