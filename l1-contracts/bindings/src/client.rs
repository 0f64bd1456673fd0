use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy::consensus::{SignableTransaction as _, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718 as _;
use alloy::network::Ethereum;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::providers::{Provider as _, RootProvider};
use alloy::rpc::types::{Filter, Log, TransactionReceipt, TransactionRequest};
use alloy::sol_types::{SolCall, SolConstructor, SolEvent, SolValue as _};
use serde::{Deserialize, Serialize};

use crate::abi::{registry::DspRegistry, rollup::Rollup as RollupContract, verifier::NovaVerifier};
use crate::dev::is_development_chain;
use crate::error::L1Error;
use crate::registry::Registry;
use crate::revert::Revert;
use crate::rollup::Rollup;
use crate::transport::{connect, failure};
use crate::verifier::Verifier;
use crate::wallet::Wallet;

/// Gas that one transaction may use (EIP-7825).
const TX_GAS_CAP: u64 = 1 << 24;
/// Input that nodes accept in one transaction, less room for the rest of it.
const MAX_INPUT_BYTES: usize = 120 * 1024;
/// How long a transaction is waited for: ten slots of Ethereum and some more.
const MINED_WITHIN: Duration = Duration::from_secs(180);
/// Longest pause between two looks for a receipt.
const MAX_POLL: Duration = Duration::from_secs(1);
/// Blocks that one log query spans, which public nodes limit.
const LOG_BLOCKS: u64 = 5_000;

/// Where the contracts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// `DspRegistry`.
    pub registry: Address,
    /// `Rollup`.
    pub rollup: Address,
    /// Ethereum block of the registry's deployment: no event is older.
    pub block: u64,
}

/// A transaction that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mined {
    /// Hash of the transaction.
    pub tx: B256,
    /// Ethereum block that holds it.
    pub block: u64,
    /// Gas that it used.
    pub gas: u64,
}

/// A connection to an Ethereum node with a wallet that pays. Clones share both.
#[derive(Clone)]
pub struct L1(Arc<Inner>);

struct Inner {
    provider: RootProvider<Ethereum>,
    wallet: Wallet,
    chain_id: u64,
    /// One transaction at a time, so that two never take the same nonce.
    sending: tokio::sync::Mutex<()>,
}

impl L1 {
    /// Connects to a node over HTTP: anvil, any Ethereum client, or a [`crate::DevChain`].
    ///
    /// # Errors
    /// [`L1Error::BadUrl`], [`L1Error::Unreachable`], and [`L1Error::InsecureWallet`] if an insecure development
    /// account meets a chain that is no development chain.
    pub async fn connect(url: &str, wallet: Wallet) -> Result<Self, L1Error> {
        let provider = connect(url)?;
        let chain_id = provider.get_chain_id().await.map_err(failure)?;
        if wallet.is_insecure() && !is_development_chain(chain_id) {
            return Err(L1Error::InsecureWallet { chain_id });
        }
        Ok(Self(Arc::new(Inner { provider, wallet, chain_id, sending: tokio::sync::Mutex::new(()) })))
    }

    /// The chain's id (EIP-155).
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.0.chain_id
    }

    /// The address that pays and sends.
    #[must_use]
    pub fn address(&self) -> Address {
        self.0.wallet.address()
    }

    /// The wallet that pays and signs.
    #[must_use]
    pub fn wallet(&self) -> &Wallet {
        &self.0.wallet
    }

    /// Number of the latest block.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn block_number(&self) -> Result<u64, L1Error> {
        self.0.provider.get_block_number().await.map_err(failure)
    }

    /// Balance of an account, in wei; saturates at 2^128 - 1.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn balance(&self, account: Address) -> Result<u128, L1Error> {
        let wei = self.0.provider.get_balance(account).await.map_err(failure)?;
        Ok(wei.saturating_to())
    }

    /// Deploys registry and rollup, with this wallet as the admin of both.
    ///
    /// # Errors
    /// [`L1Error`] if a transaction fails.
    pub async fn deploy(&self) -> Result<Deployment, L1Error> {
        let admin = self.address();
        let mut code = DspRegistry::BYTECODE.to_vec();
        code.extend(DspRegistry::constructorCall { admin }.abi_encode());
        let (registry, block) = self.create(code.into()).await?;

        let mut code = RollupContract::BYTECODE.to_vec();
        code.extend(RollupContract::constructorCall { admin, registry_: registry }.abi_encode());
        let (rollup, _) = self.create(code.into()).await?;
        Ok(Deployment { registry, rollup, block })
    }

    /// Deploys a verifier for a key of either kind, given in its canonical bytes (`nectar_verifier::VerifierKey::encode`).
    /// It makes its other half itself, has no admin and never changes; [`Rollup::create_network`] and
    /// [`Rollup::set_verifiers`] put it to use.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with [`Revert::BadKey`], or with [`Revert::DevelopmentKey`] for a key of the development
    /// setup on any chain but a development chain; or another [`L1Error`].
    pub async fn deploy_verifier(&self, key: &[u8]) -> Result<Address, L1Error> {
        let mut code = NovaVerifier::BYTECODE.to_vec();
        code.extend((Bytes::copy_from_slice(key),).abi_encode_params());
        Ok(self.create(code.into()).await?.0)
    }

    /// The verifier at an address. Whether there is one is only known when it is asked something.
    #[must_use]
    pub fn verifier(&self, address: Address) -> Verifier {
        Verifier::new(self.clone(), address)
    }

    /// The contracts of a deployment, after a look that they are there and belong together.
    ///
    /// # Errors
    /// [`L1Error::NotDeployed`] and [`L1Error::WrongRegistry`].
    pub async fn at(&self, deployment: Deployment) -> Result<(Registry, Rollup), L1Error> {
        for address in [deployment.registry, deployment.rollup] {
            self.require_code(address).await?;
        }
        let got = self.call(deployment.rollup, &RollupContract::registryCall {}).await?;
        if got != deployment.registry {
            return Err(L1Error::WrongRegistry { expected: deployment.registry, got });
        }
        Ok((Registry::new(self.clone(), deployment), Rollup::new(self.clone(), deployment)))
    }

    /// A call to an address without code succeeds and answers nothing, so look first.
    pub(crate) async fn require_code(&self, address: Address) -> Result<(), L1Error> {
        let code = self.0.provider.get_code_at(address).await.map_err(failure)?;
        if code.is_empty() { Err(L1Error::NotDeployed { address }) } else { Ok(()) }
    }

    async fn create(&self, code: Bytes) -> Result<(Address, u64), L1Error> {
        let receipt = self.transact(TxKind::Create, code, U256::ZERO).await?;
        let address = receipt.contract_address.ok_or(L1Error::BadAnswer { what: "deployment receipt" })?;
        let block = receipt.block_number.ok_or(L1Error::BadAnswer { what: "mined receipt" })?;
        Ok((address, block))
    }

    /// Reads from a contract at the latest block.
    pub(crate) async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, L1Error> {
        let request =
            TransactionRequest::default().from(self.address()).to(to).input(call.abi_encode().into());
        let answer = self.0.provider.call(request).await.map_err(failure)?;
        C::abi_decode_returns(&answer).map_err(|_| L1Error::BadAnswer { what: "contract's return value" })
    }

    /// Changes a contract.
    pub(crate) async fn send<C: SolCall>(&self, to: Address, call: &C) -> Result<Mined, L1Error> {
        let receipt = self.transact(TxKind::Call(to), call.abi_encode().into(), U256::ZERO).await?;
        mined(&receipt)
    }

    /// Sends ether.
    ///
    /// # Errors
    /// [`L1Error`] if the balance does not suffice or the node does not answer.
    pub async fn transfer(&self, to: Address, wei: u128) -> Result<Mined, L1Error> {
        mined(&self.transact(TxKind::Call(to), Bytes::new(), U256::from(wei)).await?)
    }

    /// Estimates, signs, sends, waits. A revert found by the estimate costs nothing.
    async fn transact(&self, to: TxKind, input: Bytes, value: U256) -> Result<TransactionReceipt, L1Error> {
        if input.len() > MAX_INPUT_BYTES {
            return Err(L1Error::TooLarge { got: input.len(), limit: MAX_INPUT_BYTES });
        }
        let from = self.address();
        let mut request = TransactionRequest::default().from(from).value(value).input(input.clone().into());
        request.to = Some(to);

        let provider = &self.0.provider;
        let turn = self.0.sending.lock().await;
        let estimate = provider.estimate_gas(request.clone()).await.map_err(failure)?;
        let fees = provider.estimate_eip1559_fees().await.map_err(failure)?;
        let nonce = provider.get_transaction_count(from).pending().await.map_err(failure)?;
        let tx = TxEip1559 {
            chain_id: self.0.chain_id,
            nonce,
            // The state may move between the estimate and the block.
            gas_limit: estimate.saturating_add(estimate / 4).min(TX_GAS_CAP),
            max_fee_per_gas: fees.max_fee_per_gas,
            max_priority_fee_per_gas: fees.max_priority_fee_per_gas,
            to,
            value,
            access_list: alloy::eips::eip2930::AccessList::default(),
            input,
        };
        let signature = self.0.wallet.sign(&tx.signature_hash())?;
        let signed = TxEnvelope::from(tx.into_signed(signature));
        let hash = *signed.tx_hash();
        let pending = provider.send_raw_transaction(&signed.encoded_2718()).await.map_err(failure)?;
        drop(turn);
        debug_assert_eq!(*pending.tx_hash(), hash);

        let receipt = self.wait(hash).await?;
        if receipt.status() {
            return Ok(receipt);
        }
        // The state moved in between. Receipts do not say why, so ask what would happen now.
        match provider.call(request).await.map_err(failure) {
            Err(reverted @ L1Error::Reverted { .. }) => Err(reverted),
            _ => Err(L1Error::Reverted { reason: Revert::Unknown { data: Bytes::new() } }),
        }
    }

    async fn wait(&self, tx: B256) -> Result<TransactionReceipt, L1Error> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(5);
        while start.elapsed() < MINED_WITHIN {
            if let Some(receipt) = self.0.provider.get_transaction_receipt(tx).await.map_err(failure)? {
                return Ok(receipt);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_POLL);
        }
        Err(L1Error::NotMined { tx, seconds: MINED_WITHIN.as_secs() })
    }

    /// Logs of a contract from a block on, oldest first, `extra` narrowing the filter.
    pub(crate) async fn logs(
        &self,
        contract: Address,
        from: u64,
        extra: impl Fn(Filter) -> Filter,
    ) -> Result<Vec<Log>, L1Error> {
        let latest = self.block_number().await?;
        let mut logs = Vec::new();
        let mut start = from;
        while start <= latest {
            let end = start.saturating_add(LOG_BLOCKS - 1).min(latest);
            let filter = extra(Filter::new().address(contract).from_block(start).to_block(end));
            logs.extend(self.0.provider.get_logs(&filter).await.map_err(failure)?);
            start = end + 1;
        }
        Ok(logs)
    }
}

/// Reads a log as an event of the contract.
pub(crate) fn event<E: SolEvent>(log: &Log) -> Result<E, L1Error> {
    E::decode_log_data(&log.inner.data).map_err(|_| L1Error::BadAnswer { what: "event of the contract" })
}

fn mined(receipt: &TransactionReceipt) -> Result<Mined, L1Error> {
    let block = receipt.block_number.ok_or(L1Error::BadAnswer { what: "mined receipt" })?;
    Ok(Mined { tx: receipt.transaction_hash, block, gas: receipt.gas_used })
}

impl fmt::Debug for L1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("L1").field("chain_id", &self.0.chain_id).field("wallet", &self.0.wallet).finish()
    }
}
