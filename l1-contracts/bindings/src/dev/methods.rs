use alloy::consensus::Transaction as _;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, Bytes, U64, U256};
use alloy::rpc::types::{
    Block as RpcBlock, BlockTransactions, FeeHistory, Filter, FilterBlockOption, Header as RpcHeader, Log,
    Transaction, TransactionReceipt, TransactionRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::DEV_CHAIN_ID;
use super::error::RpcError;
use super::evm::{self, Checks};
use super::ledger::{Block, Ledger};
use super::transaction::question;

/// Most logs in one answer.
const MAX_LOGS: usize = 10_000;
/// Most blocks of one fee history.
const MAX_FEE_BLOCKS: u64 = 1_024;
/// The tip that the chain suggests: nobody competes for its blocks.
const TIP: u128 = 1;

/// Answers one method.
pub(super) fn call(ledger: &mut Ledger, method: &str, params: Vec<Value>) -> Result<Value, RpcError> {
    let mut params = Params { values: params.into_iter(), position: 0 };
    match method {
        "eth_chainId" => json(U64::from(DEV_CHAIN_ID)),
        "net_version" => json(DEV_CHAIN_ID.to_string()),
        "web3_clientVersion" => json(concat!("nectar-development-chain/", env!("CARGO_PKG_VERSION"))),
        // Nothing is unlocked: transactions come signed.
        "eth_accounts" => json([(); 0]),
        "eth_blockNumber" => json(U64::from(ledger.head().header.number)),
        "eth_gasPrice" => json(U256::from(u128::from(ledger.next_base_fee()).saturating_add(TIP))),
        "eth_maxPriorityFeePerGas" => json(U256::from(TIP)),
        "eth_feeHistory" => fee_history(ledger, &mut params),
        "eth_getBalance" => account(ledger, &mut params, |a| json(a.balance)),
        "eth_getTransactionCount" => account(ledger, &mut params, |a| json(U64::from(a.nonce))),
        "eth_getCode" => {
            let address: Address = params.next("address")?;
            at_latest(ledger, &mut params)?;
            json(ledger.code(&address))
        }
        "eth_getStorageAt" => {
            let (address, slot): (Address, U256) = (params.next("address")?, params.next("slot")?);
            at_latest(ledger, &mut params)?;
            json(ledger.storage(&address, &slot))
        }
        "eth_call" => {
            let request: TransactionRequest = params.next("transaction request")?;
            at_latest(ledger, &mut params)?;
            let done = evm::run(&ledger.state, ledger.next_block(), question(request), Checks::Question)?;
            json(evm::answer(done.result)?)
        }
        "eth_estimateGas" => {
            let request: TransactionRequest = params.next("transaction request")?;
            at_latest(ledger, &mut params)?;
            json(U64::from(evm::estimate(&ledger.state, &ledger.next_block(), &question(request))?))
        }
        "eth_sendRawTransaction" => {
            let bytes: Bytes = params.next("hexadecimal transaction")?;
            json(ledger.submit(&bytes)?)
        }
        "eth_getTransactionReceipt" => {
            let hash: B256 = params.next("transaction hash")?;
            json(receipt(ledger, &hash))
        }
        "eth_getTransactionByHash" => {
            let hash: B256 = params.next("transaction hash")?;
            json(ledger.block_of(&hash).and_then(transaction))
        }
        "eth_getBlockByNumber" => {
            let tag: BlockNumberOrTag = params.next("block number or tag")?;
            let full = params.optional("boolean")?.unwrap_or(false);
            let found = number(ledger, tag).and_then(|n| ledger.block(n));
            json(found.map(|block| rpc_block(block, full)))
        }
        "eth_getBlockByHash" => {
            let hash: B256 = params.next("block hash")?;
            let full = params.optional("boolean")?.unwrap_or(false);
            json(ledger.block_by_hash(&hash).map(|block| rpc_block(block, full)))
        }
        "eth_getLogs" => {
            let filter: Filter = params.next("filter")?;
            json(logs(ledger, &filter)?)
        }
        _ => Err(RpcError::UnknownMethod),
    }
}

/// Parameters by position.
struct Params {
    values: std::vec::IntoIter<Value>,
    position: usize,
}

impl Params {
    fn next<T: DeserializeOwned>(&mut self, expected: &'static str) -> Result<T, RpcError> {
        self.optional(expected)?.ok_or(RpcError::InvalidParameter { position: self.position, expected })
    }

    fn optional<T: DeserializeOwned>(&mut self, expected: &'static str) -> Result<Option<T>, RpcError> {
        self.position = self.position.saturating_add(1);
        match self.values.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value)
                .map(Some)
                .map_err(|_| RpcError::InvalidParameter { position: self.position, expected }),
        }
    }
}

fn json(value: impl Serialize) -> Result<Value, RpcError> {
    serde_json::to_value(value).map_err(|_| RpcError::Internal("the answer is no JSON"))
}

/// The number that a tag stands for; `pending` stands for none, because every transaction is mined at once.
fn number(ledger: &Ledger, tag: BlockNumberOrTag) -> Option<u64> {
    match tag {
        BlockNumberOrTag::Latest | BlockNumberOrTag::Finalized | BlockNumberOrTag::Safe => {
            Some(ledger.head().header.number)
        }
        BlockNumberOrTag::Earliest => Some(0),
        BlockNumberOrTag::Pending => None,
        BlockNumberOrTag::Number(number) => Some(number),
    }
}

/// Reads the block of a question about the state, which only the last block answers.
fn at_latest(ledger: &Ledger, params: &mut Params) -> Result<(), RpcError> {
    let head = ledger.head();
    let asked = match params.optional("block")? {
        None | Some(BlockId::Number(BlockNumberOrTag::Pending)) => return Ok(()),
        Some(BlockId::Number(tag)) => number(ledger, tag).and_then(|n| ledger.block(n)),
        Some(BlockId::Hash(hash)) => ledger.block_by_hash(&hash.block_hash),
    };
    match asked {
        Some(block) if block.hash == head.hash => Ok(()),
        Some(_) => Err(RpcError::NoHistory),
        None => Err(RpcError::NoBlock),
    }
}

fn account(
    ledger: &Ledger,
    params: &mut Params,
    read: impl Fn(revm::state::AccountInfo) -> Result<Value, RpcError>,
) -> Result<Value, RpcError> {
    let address: Address = params.next("address")?;
    at_latest(ledger, params)?;
    read(ledger.account(&address))
}

fn receipt<'a>(ledger: &'a Ledger, hash: &B256) -> Option<&'a TransactionReceipt> {
    ledger.block_of(hash)?.mined.as_ref().map(|mined| &mined.receipt)
}

fn transaction(block: &Block) -> Option<Transaction> {
    let mined = block.mined.as_ref()?;
    Some(Transaction {
        inner: mined.tx.clone(),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        transaction_index: Some(0),
        effective_gas_price: Some(mined.receipt.effective_gas_price),
        block_timestamp: Some(block.header.timestamp),
    })
}

fn rpc_block(block: &Block, full: bool) -> RpcBlock {
    let header =
        RpcHeader { hash: block.hash, inner: block.header.clone(), total_difficulty: None, size: None };
    let transactions = if full {
        BlockTransactions::Full(transaction(block).into_iter().collect())
    } else {
        BlockTransactions::Hashes(block.mined.iter().map(|m| m.receipt.transaction_hash).collect())
    };
    RpcBlock { header, uncles: Vec::new(), transactions, withdrawals: Some(Default::default()) }
}

fn logs(ledger: &Ledger, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    let head = ledger.head().header.number;
    let (from, to) = match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let number = ledger.block_by_hash(&hash).ok_or(RpcError::NoBlock)?.header.number;
            (number, number)
        }
        FilterBlockOption::Range { from_block, to_block } => {
            let resolve =
                |tag: Option<BlockNumberOrTag>| tag.and_then(|tag| number(ledger, tag)).unwrap_or(head);
            (resolve(from_block), resolve(to_block).min(head))
        }
    };
    let mut found = Vec::new();
    for block in (from..=to).map_while(|n| ledger.block(n)) {
        let logs = block.mined.iter().flat_map(|mined| mined.receipt.logs());
        found.extend(logs.filter(|log| filter.matches(&log.inner)).cloned());
        if found.len() > MAX_LOGS {
            return Err(RpcError::TooManyLogs { limit: MAX_LOGS });
        }
    }
    Ok(found)
}

fn fee_history(ledger: &Ledger, params: &mut Params) -> Result<Value, RpcError> {
    let count: U64 = params.next("block count")?;
    let newest: BlockNumberOrTag = params.next("block number or tag")?;
    let percentiles: Option<Vec<f64>> = params.optional("list of percentiles")?;
    let columns = percentiles.map(|p| p.len());

    let head = ledger.head().header.number;
    let newest = number(ledger, newest).unwrap_or(head);
    if newest > head {
        return Err(RpcError::NoBlock);
    }
    let count = count.saturating_to::<u64>().min(MAX_FEE_BLOCKS).min(newest.saturating_add(1));
    let oldest = newest.saturating_add(1).saturating_sub(count);
    let mut history = FeeHistory { oldest_block: oldest, ..FeeHistory::default() };
    let mut reward = Vec::new();
    for block in (oldest..=newest).take_while(|_| count > 0).map_while(|n| ledger.block(n)) {
        let base_fee = block.header.base_fee_per_gas.unwrap_or_default();
        history.base_fee_per_gas.push(base_fee.into());
        let ratio = f64::from(u32::try_from(block.header.gas_used).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(block.header.gas_limit).unwrap_or(u32::MAX));
        history.gas_used_ratio.push(ratio);
        // One transaction a block: every percentile is its tip.
        let tip = block.mined.as_ref().and_then(|m| m.tx.effective_tip_per_gas(base_fee)).unwrap_or(0);
        reward.push(vec![tip; columns.unwrap_or(0)]);
    }
    let after = match ledger.block(newest.saturating_add(1)) {
        Some(block) => block.header.base_fee_per_gas.unwrap_or_default(),
        None => ledger.next_base_fee(),
    };
    history.base_fee_per_gas.push(after.into());
    history.reward = columns.map(|_| reward);
    json(history)
}
