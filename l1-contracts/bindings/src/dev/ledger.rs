use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy::consensus::constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH};
use alloy::consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy::consensus::transaction::Recovered;
use alloy::consensus::{Header, Receipt, ReceiptEnvelope, Transaction as _, TxEnvelope};
use alloy::eips::eip1559::BaseFeeParams;
use alloy::eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy::primitives::{Address, B64, B256, Bytes, U256, keccak256};
use alloy::rpc::types::{Log, TransactionReceipt};
use revm::DatabaseCommit as _;
use revm::context::BlockEnv;
use revm::context::result::ExecutionResult;
use revm::state::AccountInfo;

use super::accounts::{GENESIS_BALANCE, InsecureAccount};
use super::error::RpcError;
use super::evm::{Checks, State, run, state_root};
use super::transaction;

/// Gas that one block may use.
pub(super) const BLOCK_GAS_LIMIT: u64 = 60_000_000;
/// Base fee of the first block: one gwei.
const FIRST_BASE_FEE: u64 = 1_000_000_000;
/// Blob base fee's update fraction (EIP-7691). There are no blobs, but the EVM asks.
const BLOB_FRACTION: u64 = 5_007_716;

/// A block, with its one transaction unless it is the genesis block.
pub(super) struct Block {
    pub(super) hash: B256,
    pub(super) header: Header,
    pub(super) mined: Option<Mined>,
}

pub(super) struct Mined {
    pub(super) tx: Recovered<TxEnvelope>,
    pub(super) receipt: TransactionReceipt,
}

/// The chain: its blocks and the state after the last one.
pub(super) struct Ledger {
    pub(super) state: State,
    genesis: Block,
    /// Blocks from number 1 on.
    blocks: Vec<Block>,
    by_hash: HashMap<B256, u64>,
    by_transaction: HashMap<B256, u64>,
}

impl Ledger {
    /// A chain whose insecure accounts have funds.
    pub(super) fn new() -> Self {
        let mut state = State::new(Default::default());
        for account in InsecureAccount::funded() {
            let info = AccountInfo::from_balance(U256::from(GENESIS_BALANCE));
            state.insert_account_info(account.address(), info);
        }
        let header = header(B256::ZERO, 0, now(), FIRST_BASE_FEE, state_root(&state));
        let genesis = Block { hash: header.hash_slow(), header, mined: None };
        state.cache.block_hashes.insert(U256::ZERO, genesis.hash);
        let by_hash = HashMap::from([(genesis.hash, 0)]);
        Self { state, genesis, blocks: Vec::new(), by_hash, by_transaction: HashMap::new() }
    }

    pub(super) fn head(&self) -> &Block {
        self.blocks.last().unwrap_or(&self.genesis)
    }

    pub(super) fn block(&self, number: u64) -> Option<&Block> {
        match number.checked_sub(1) {
            None => Some(&self.genesis),
            Some(index) => self.blocks.get(usize::try_from(index).ok()?),
        }
    }

    pub(super) fn block_by_hash(&self, hash: &B256) -> Option<&Block> {
        self.by_hash.get(hash).and_then(|number| self.block(*number))
    }

    /// The block that holds a transaction.
    pub(super) fn block_of(&self, transaction: &B256) -> Option<&Block> {
        self.by_transaction.get(transaction).and_then(|number| self.block(*number))
    }

    pub(super) fn account(&self, address: &Address) -> AccountInfo {
        self.state.cache.accounts.get(address).and_then(revm::database::DbAccount::info).unwrap_or_default()
    }

    pub(super) fn code(&self, address: &Address) -> Bytes {
        let hash = self.account(address).code_hash;
        self.state
            .cache
            .contracts
            .get(&hash)
            .map(revm::bytecode::Bytecode::original_bytes)
            .unwrap_or_default()
    }

    pub(super) fn storage(&self, address: &Address, slot: &U256) -> B256 {
        let account = self.state.cache.accounts.get(address);
        account.and_then(|a| a.storage.get(slot)).copied().unwrap_or_default().into()
    }

    /// Base fee of the next block (EIP-1559).
    pub(super) fn next_base_fee(&self) -> u64 {
        self.head().header.next_block_base_fee(BaseFeeParams::ethereum()).unwrap_or(FIRST_BASE_FEE)
    }

    /// The block that a transaction would be in now.
    pub(super) fn next_block(&self) -> BlockEnv {
        let head = self.head();
        let mut block = BlockEnv {
            number: U256::from(head.header.number.saturating_add(1)),
            beneficiary: Address::ZERO,
            // Ethereum's time moves with every block.
            timestamp: U256::from(now().max(head.header.timestamp.saturating_add(1))),
            gas_limit: BLOCK_GAS_LIMIT,
            basefee: self.next_base_fee(),
            difficulty: U256::ZERO,
            prevrandao: Some(keccak256(head.hash)),
            ..BlockEnv::default()
        };
        block.set_blob_excess_gas_and_price(0, BLOB_FRACTION);
        block
    }

    /// Runs a signed transaction and mines it into a block of its own. One that reverts is mined too, as on
    /// Ethereum; one that is invalid is refused and changes nothing.
    pub(super) fn submit(&mut self, bytes: &[u8]) -> Result<B256, RpcError> {
        let tx = transaction::decode(bytes)?;
        let hash = *tx.tx_hash();
        if self.by_transaction.contains_key(&hash) {
            return Err(RpcError::Rejected("already known".into()));
        }
        let env = self.next_block();
        let done = run(&self.state, env.clone(), transaction::to_env(&tx), Checks::All)?;
        self.state.commit(done.state);
        let block = self.seal(&env, tx, done.result);

        let number = block.header.number;
        self.state.cache.block_hashes.insert(U256::from(number), block.hash);
        self.by_hash.insert(block.hash, number);
        self.by_transaction.insert(hash, number);
        self.blocks.push(block);
        Ok(hash)
    }

    fn seal(&self, env: &BlockEnv, tx: Recovered<TxEnvelope>, result: ExecutionResult) -> Block {
        let gas_used = result.tx_gas_used();
        let contract_address = result.created_address();
        let receipt = Receipt {
            status: result.is_success().into(),
            cumulative_gas_used: gas_used,
            // Only what succeeded leaves logs.
            logs: if result.is_success() { result.logs().to_vec() } else { Vec::new() },
        };
        let receipt = ReceiptEnvelope::from_typed(tx.tx_type(), receipt.with_bloom());

        let parent = self.head().hash;
        let mut header = header(
            parent,
            env.number.saturating_to(),
            env.timestamp.saturating_to(),
            env.basefee,
            state_root(&self.state),
        );
        header.mix_hash = env.prevrandao.unwrap_or_default();
        header.gas_used = gas_used;
        header.transactions_root = calculate_transaction_root(std::slice::from_ref(tx.inner()));
        header.receipts_root = calculate_receipt_root(std::slice::from_ref(&receipt));
        header.logs_bloom = *receipt.logs_bloom();
        let hash = header.hash_slow();

        let transaction_hash = *tx.tx_hash();
        let mut log_index = 0..;
        let inner = receipt.map_logs(|log| Log {
            inner: log,
            block_hash: Some(hash),
            block_number: Some(header.number),
            block_timestamp: Some(header.timestamp),
            transaction_hash: Some(transaction_hash),
            transaction_index: Some(0),
            log_index: log_index.next(),
            removed: false,
        });
        let receipt = TransactionReceipt {
            inner,
            transaction_hash,
            transaction_index: Some(0),
            block_hash: Some(hash),
            block_number: Some(header.number),
            gas_used,
            effective_gas_price: tx.effective_gas_price(header.base_fee_per_gas),
            blob_gas_used: None,
            blob_gas_price: None,
            from: tx.signer(),
            to: tx.to(),
            contract_address,
        };
        Block { hash, header, mined: Some(Mined { tx, receipt }) }
    }
}

fn header(parent: B256, number: u64, timestamp: u64, base_fee: u64, state_root: B256) -> Header {
    Header {
        parent_hash: parent,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: Address::ZERO,
        state_root,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        difficulty: U256::ZERO,
        number,
        gas_limit: BLOCK_GAS_LIMIT,
        timestamp,
        extra_data: Bytes::from_static(b"nectar development chain"),
        nonce: B64::ZERO,
        base_fee_per_gas: Some(base_fee),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}

/// Seconds since 1970 (UTC).
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

#[cfg(test)]
mod tests {
    use alloy::consensus::{SignableTransaction, TxEip1559, TxEip7702, TxLegacy};
    use alloy::eips::eip2718::Encodable2718 as _;
    use alloy::primitives::{Signature, TxKind};
    use alloy::signers::SignerSync as _;

    use super::super::{DEV_CHAIN_ID, evm::TX_GAS_CAP};
    use super::*;

    const RECEIVER: Address = Address::repeat_byte(0x77);

    fn transfer() -> TxEip1559 {
        TxEip1559 {
            chain_id: DEV_CHAIN_ID,
            gas_limit: 21_000,
            max_fee_per_gas: 2_000_000_000,
            max_priority_fee_per_gas: 1,
            to: TxKind::Call(RECEIVER),
            value: U256::from(5),
            ..TxEip1559::default()
        }
    }

    fn signed(
        account: InsecureAccount,
        tx: impl SignableTransaction<Signature> + Into<alloy::consensus::TypedTransaction>,
    ) -> Vec<u8> {
        let signature = account.signer().sign_hash_sync(&tx.signature_hash()).unwrap();
        TxEnvelope::from(tx.into().into_signed(signature)).encoded_2718()
    }

    fn refusal(tx: TxEip1559) -> String {
        let mut ledger = Ledger::new();
        let before = ledger.head().hash;
        let error = ledger.submit(&signed(InsecureAccount::Admin, tx)).unwrap_err();
        assert_eq!(ledger.head().hash, before, "a refused transaction leaves no trace");
        error.to_string()
    }

    #[test]
    fn a_transfer_is_mined_in_a_block_of_its_own() {
        let mut ledger = Ledger::new();
        let genesis = ledger.head().hash;
        let hash = ledger.submit(&signed(InsecureAccount::Admin, transfer())).unwrap();
        let block = ledger.block_of(&hash).unwrap();
        assert_eq!((block.header.number, block.header.parent_hash), (1, genesis));
        assert_eq!(block.header.gas_used, 21_000);
        assert_eq!(ledger.account(&RECEIVER).balance, U256::from(5));
        assert_eq!(ledger.account(&InsecureAccount::Admin.address()).nonce, 1);
    }

    #[test]
    fn every_header_hashes_and_links_and_time_moves() {
        let mut ledger = Ledger::new();
        for nonce in 0..5 {
            ledger.submit(&signed(InsecureAccount::Admin, TxEip1559 { nonce, ..transfer() })).unwrap();
        }
        for number in 1..=5 {
            let (before, block) = (ledger.block(number - 1).unwrap(), ledger.block(number).unwrap());
            assert_eq!(block.header.hash_slow(), block.hash);
            assert_eq!(block.header.parent_hash, before.hash);
            assert!(block.header.timestamp > before.header.timestamp);
            assert_ne!(block.header.state_root, before.header.state_root);
        }
        assert!(ledger.block(6).is_none());
    }

    #[test]
    fn the_state_root_of_an_empty_state_is_that_of_an_empty_trie() {
        let mut state = State::new(Default::default());
        assert_eq!(state_root(&state), EMPTY_ROOT_HASH);
        state.insert_account_info(RECEIVER, AccountInfo::default());
        assert_eq!(state_root(&state), EMPTY_ROOT_HASH, "an empty account is no account (EIP-161)");
    }

    #[test]
    fn a_transaction_counts_once() {
        let mut ledger = Ledger::new();
        let bytes = signed(InsecureAccount::Admin, transfer());
        ledger.submit(&bytes).unwrap();
        assert_eq!(ledger.submit(&bytes).unwrap_err().to_string(), "already known");
    }

    #[test]
    fn nonce_chain_id_balance_fee_and_gas_are_enforced() {
        let old = {
            let mut ledger = Ledger::new();
            ledger.submit(&signed(InsecureAccount::Admin, transfer())).unwrap();
            let again = TxEip1559 { value: U256::from(6), ..transfer() };
            ledger.submit(&signed(InsecureAccount::Admin, again)).unwrap_err().to_string()
        };
        assert!(old.contains("nonce 0 too low"), "{old}");
        let cases = [
            (TxEip1559 { nonce: 1, ..transfer() }, "too high"),
            (TxEip1559 { chain_id: 1, ..transfer() }, "chain ID"),
            (TxEip1559 { value: U256::from(GENESIS_BALANCE), ..transfer() }, "lack of funds"),
            (TxEip1559 { max_fee_per_gas: 1, ..transfer() }, "basefee"),
            (TxEip1559 { gas_limit: 20_999, ..transfer() }, "gas"),
            (TxEip1559 { gas_limit: TX_GAS_CAP + 1, ..transfer() }, "cap"),
        ];
        for (tx, expected) in cases {
            let said = refusal(tx);
            assert!(said.to_lowercase().contains(&expected.to_lowercase()), "{said} / {expected}");
        }
    }

    #[test]
    fn only_replay_protected_transactions_of_known_types_are_taken() {
        let mut ledger = Ledger::new();
        let legacy = TxLegacy {
            gas_limit: 21_000,
            gas_price: 2_000_000_000,
            to: TxKind::Call(RECEIVER),
            ..TxLegacy::default()
        };
        let error = ledger.submit(&signed(InsecureAccount::Admin, legacy.clone())).unwrap_err();
        assert_eq!(error, RpcError::NoChainId);
        let delegating = TxEip7702 { chain_id: DEV_CHAIN_ID, ..TxEip7702::default() };
        let error = ledger.submit(&signed(InsecureAccount::Admin, delegating)).unwrap_err();
        assert_eq!(error, RpcError::UnsupportedType(4));
        let legacy = TxLegacy { chain_id: Some(DEV_CHAIN_ID), ..legacy };
        assert!(ledger.submit(&signed(InsecureAccount::Admin, legacy)).is_ok());
    }

    #[test]
    fn trailing_bytes_and_oversize_are_refused() {
        let mut ledger = Ledger::new();
        let mut bytes = signed(InsecureAccount::Admin, transfer());
        bytes.push(0);
        assert_eq!(ledger.submit(&bytes).unwrap_err(), RpcError::NotATransaction);
        let huge = TxEip1559 { input: vec![1; 128 * 1024].into(), ..transfer() };
        let error = ledger.submit(&signed(InsecureAccount::Admin, huge)).unwrap_err();
        assert!(matches!(error, RpcError::TransactionTooLarge { .. }), "{error}");
    }

    #[test]
    fn a_changed_byte_never_spends_from_the_signer() {
        let bytes = signed(InsecureAccount::Admin, transfer());
        let funded: Vec<_> = InsecureAccount::funded().map(InsecureAccount::address).collect();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x01;
            let mut ledger = Ledger::new();
            // At best another, unfunded signer is recovered, which cannot pay.
            assert!(ledger.submit(&changed).is_err(), "byte {at}");
            for account in &funded {
                assert_eq!(ledger.account(account).nonce, 0);
            }
        }
    }

    /// Initialisation code that returns `size` zero bytes as the contract's code.
    fn creating(size: u32) -> TxEip1559 {
        let mut input = vec![0x62];
        input.extend(&size.to_be_bytes()[1..]);
        input.extend([0x5f, 0xf3]);
        TxEip1559 {
            gas_limit: 10_000_000,
            to: TxKind::Create,
            value: U256::ZERO,
            input: input.into(),
            ..transfer()
        }
    }

    #[test]
    fn code_has_a_size_limit_and_failures_are_mined_and_paid() {
        for (size, fits) in [(24_576, true), (24_577, false)] {
            let mut ledger = Ledger::new();
            let hash = ledger.submit(&signed(InsecureAccount::Admin, creating(size))).unwrap();
            let receipt = &ledger.block_of(&hash).unwrap().mined.as_ref().unwrap().receipt;
            assert_eq!(receipt.status(), fits, "{size}");
            assert_eq!(receipt.contract_address.is_some(), fits);
            let account = ledger.account(&InsecureAccount::Admin.address());
            assert_eq!(account.nonce, 1);
            assert!(account.balance < U256::from(GENESIS_BALANCE));
            if let Some(address) = receipt.contract_address {
                assert_eq!(ledger.code(&address).len(), 24_576);
            }
        }
    }
}
