use alloy::primitives::B256;
use revm::context::result::{EVMError, ExecutionResult, ResultAndState};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::primitives::hardfork::SpecId;
use revm::{ExecuteEvm as _, MainBuilder as _, MainContext as _};

use super::DEV_CHAIN_ID;
use super::error::RpcError;

/// Accounts, code and storage after the last block.
pub(super) type State = CacheDB<EmptyDB>;

/// Gas that one transaction may use (EIP-7825).
pub(super) const TX_GAS_CAP: u64 = 1 << 24;
/// Bytes of code that one contract may have (EIP-170).
const CODE_LIMIT: usize = 24_576;
/// Gas that a call with value hands over on top, which an estimate must allow for.
const CALL_STIPEND: u64 = 2_300;

/// Whether a transaction must be payable and in turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Checks {
    /// Everything that Ethereum checks.
    All,
    /// A question: nonce, balance and fees do not matter.
    Question,
}

/// Runs a transaction on a state, which stays as it is.
pub(super) fn run(
    state: &State,
    block: BlockEnv,
    tx: TxEnv,
    checks: Checks,
) -> Result<ResultAndState, RpcError> {
    let mut cfg = CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(DEV_CHAIN_ID);
    cfg.tx_gas_limit_cap = Some(TX_GAS_CAP);
    cfg.limit_contract_code_size = Some(CODE_LIMIT);
    if checks == Checks::Question {
        cfg.disable_nonce_check = true;
        cfg.disable_balance_check = true;
        cfg.disable_base_fee = true;
    }
    let context = Context::mainnet().with_ref_db(state).with_cfg(cfg).with_block(block);
    context.build_mainnet().transact(tx).map_err(|error| match error {
        EVMError::Transaction(invalid) => RpcError::Rejected(invalid.to_string()),
        _ => RpcError::Internal("the EVM could not run"),
    })
}

/// What a question is answered with: the output, or why there is none.
pub(super) fn answer(result: ExecutionResult) -> Result<alloy::primitives::Bytes, RpcError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => Err(RpcError::Reverted(output)),
        ExecutionResult::Halt { reason, .. } => Err(RpcError::Halted(reason.to_string())),
    }
}

/// The least gas limit, within a sixty-fourth, under which the transaction succeeds.
pub(super) fn estimate(state: &State, block: &BlockEnv, tx: &TxEnv) -> Result<u64, RpcError> {
    let run_with = |limit: u64| {
        let tx = TxEnv { gas_limit: limit, ..tx.clone() };
        run(state, block.clone(), tx, Checks::Question).map(|r| r.result)
    };
    let most = tx.gas_limit;
    let first = run_with(most)?;
    let spent = first.gas().total_gas_spent().max(first.tx_gas_used());
    answer(first)?;

    let succeeds = |limit: u64| run_with(limit).is_ok_and(|r| r.is_success());
    if succeeds(spent) {
        return Ok(spent);
    }
    // Each level of calls keeps a sixty-fourth back (EIP-150): try that before halving.
    let (mut low, mut high) = (spent, most);
    let guess = spent.saturating_add(CALL_STIPEND).saturating_mul(64) / 63;
    if guess < high {
        if succeeds(guess) { high = guess } else { low = guess }
    }
    while high.saturating_sub(low) > high / 64 {
        let middle = low.midpoint(high);
        if succeeds(middle) { high = middle } else { low = middle }
    }
    Ok(high)
}

/// Root of the state trie: what a header commits to.
pub(super) fn state_root(state: &State) -> B256 {
    use alloy::consensus::TrieAccount;
    use alloy::consensus::private::alloy_trie::root::{state_root_unhashed, storage_root_unhashed};

    state_root_unhashed(state.cache.accounts.iter().filter_map(|(address, account)| {
        let info = account.info().filter(|info| !info.is_empty())?;
        let storage = account.storage.iter().filter(|(_, value)| !value.is_zero());
        let account = TrieAccount {
            nonce: info.nonce,
            balance: info.balance,
            storage_root: storage_root_unhashed(storage.map(|(slot, value)| (B256::from(*slot), *value))),
            code_hash: info.code_hash,
        };
        Some((*address, account))
    }))
}
