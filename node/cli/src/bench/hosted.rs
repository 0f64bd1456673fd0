//! Contracts on a node's runtime, without a node around it, and what is to be proven of a call.

use std::collections::BTreeSet;
use std::sync::Arc;

use nectar_abi::{CodeHash, ContractId, FieldMask, LegalBasis, Method, NetworkId, Purpose};
use nectar_capability::{
    Destination, Directive, GrantBuilder, Invocation, SigningKey, Token, random_bytes, sign_directive,
};
use nectar_circuit::Statement;
use nectar_commitment::Fr;
use nectar_node::Machines;
use nectar_runtime::{Config, Executor, FixedClock};
use nectar_state::{MemoryBackend, Store, StoreKeys};
use nectar_trace::{Batch, InvocationTrace};
use nectar_vm::cosmwasm::CosmWasm;
use nectar_vm::{Program, lower};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::CliError;

/// 2026-09-21: contracts see the same time in every measurement.
const NOW: u64 = 1_790_000_000;

type Failure = Box<dyn std::error::Error>;

/// A runtime whose runs can be proven, and whoever owns its contracts and calls them.
#[derive(Debug)]
pub(super) struct Hosted {
    executor: Executor,
    owner: SigningKey,
}

/// A contract of its owner's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contract {
    pub(super) id: ContractId,
    code: CodeHash,
}

/// A call that its owner may make.
#[derive(Debug, Clone)]
pub(super) struct Call {
    token: Token,
    touches: Vec<ContractId>,
    method: &'static str,
    message: Vec<u8>,
}

/// A batch to be proven: private.
pub(super) struct Proven {
    pub(super) statement: Statement,
    pub(super) traces: Vec<InvocationTrace>,
    pub(super) programs: Vec<(CodeHash, Program)>,
}

impl Call {
    pub(super) fn with(self, method: &'static str, message: &Value) -> Self {
        Self { method, message: message.to_string().into_bytes(), ..self }
    }
}

impl Hosted {
    pub(super) fn new() -> Result<Self, CliError> {
        Self::made().map_err(|e| CliError::failed("starting a runtime")(e))
    }

    fn made() -> Result<Self, Failure> {
        let network = NetworkId::CONTRACTS;
        let store = Store::open(Arc::new(MemoryBackend::default()), StoreKeys::generate()?, network)?;
        let (config, clock) = (Config::new(network), Arc::new(FixedClock::at(NOW)));
        let executor = Executor::with_clock(config, store, SigningKey::generate()?, clock)?;
        let executor = executor.with_programs(Arc::new(Machines::default()));
        Ok(Self { executor, owner: SigningKey::generate()? })
    }

    /// Makes a contract.
    pub(super) fn contract(&self, wasm: &[u8], message: &Value) -> Result<Contract, CliError> {
        let code = CodeHash::new(Sha256::digest(wasm).into());
        let made = || -> Result<Contract, Failure> {
            self.executor.upload(&self.directive(&Directive::UploadCode { code })?, wasm)?;
            let order = Directive::Instantiate {
                code,
                label: "bench".into(),
                message: message.to_string().into_bytes(),
                salt: random_bytes()?,
                touches: Vec::new(),
            };
            Ok(Contract { id: self.executor.instantiate(&self.directive(&order)?)?.contract, code })
        };
        made().map_err(|e| CliError::failed("making a contract")(e))
    }

    /// Grants the owner these methods of a contract, whose calls may touch these others.
    pub(super) fn granted(
        &self,
        contract: Contract,
        methods: &[&str],
        touches: &[ContractId],
    ) -> Result<Call, CliError> {
        let granted = || -> Result<Token, Failure> {
            let owner = self.owner.public();
            let methods = methods.iter().map(|method| method.parse()).collect::<Result<Vec<Method>, _>>()?;
            let grant = GrantBuilder::root(owner, owner, contract.id, contract.code)
                .methods(methods)
                .fields(FieldMask::ALL)
                .purposes([Purpose::Treatment])
                .basis(LegalBasis::TreatmentPaymentOperations)
                .window(NOW - 10, NOW + 86_400);
            let token = Token::root(grant.sign(&self.owner)?)?;
            self.executor.register(&self.directive(&Directive::Register { token: token.encode() })?)?;
            Ok(token)
        };
        let token = granted().map_err(|e| CliError::failed("granting a method")(e))?;
        Ok(Call { token, touches: touches.to_vec(), method: "", message: Vec::new() })
    }

    /// Makes a call, which must succeed.
    pub(super) fn call(&self, call: &Call) -> Result<(), CliError> {
        let called = || -> Result<_, Failure> {
            let to = Destination { network: NetworkId::CONTRACTS, dsp: self.executor.dsp() };
            let (method, message) = (call.method.parse::<Method>()?, call.message.clone());
            let mut invocation = Invocation::new(to, &call.token, method, message, Purpose::Treatment, NOW)?;
            invocation.touches.clone_from(&call.touches);
            Ok(self.executor.invoke(&invocation.sign(&self.owner)?)?)
        };
        let reply = called().map_err(|e| CliError::failed("calling a contract")(e))?;
        match (&reply.failure, reply.result.is_ok()) {
            (None, true) => Ok(()),
            (Some(failure), _) => Err(CliError::Contract(failure.to_string())),
            (None, false) => {
                Err(CliError::Contract(String::from_utf8_lossy(&reply.response_bytes()).into_owned()))
            }
        }
    }

    /// Takes all receipts so far for settled: what comes then is a batch of its own.
    pub(super) fn settle(&self) -> Result<(), CliError> {
        let settled = || -> Result<(), Failure> {
            let batch = self.batch()?;
            let last = batch.traces().last().map(|trace| trace.receipt.position).unwrap_or_default();
            self.executor.settled(batch.number, last, b"bench")?;
            Ok(())
        };
        settled().map_err(|e| CliError::failed("settling what came before")(e))
    }

    /// All that is not settled, with the programs of its runs.
    pub(super) fn proven(&self) -> Result<Proven, CliError> {
        self.collected().map_err(|e| CliError::failed("collecting what is to be proven")(e))
    }

    fn collected(&self) -> Result<Proven, Failure> {
        let batch = self.batch()?;
        let codes: BTreeSet<CodeHash> =
            batch.traces().iter().flat_map(|trace| &trace.runs).map(|run| run.code).collect();
        let mut programs = Vec::new();
        for code in codes {
            let wasm = self.executor.code(&code)?.ok_or("a module is missing")?;
            programs.push((code, lower(&wasm, &CosmWasm)?));
        }
        let statement = Statement {
            chain_id: nectar_l1::DEV_CHAIN_ID,
            network: batch.network.0,
            batch: batch.number,
            pre_root: batch.pre_root,
            post_root: batch.post_root,
            receipts_root: batch.receipts_root(),
            receipts: u64::try_from(batch.traces().len())?,
            program_registry_root: Fr::default(),
            window: batch.window(),
        };
        Ok(Proven { statement, traces: batch.traces().to_vec(), programs })
    }

    fn batch(&self) -> Result<Batch, Failure> {
        Ok(self.executor.pending(usize::MAX, usize::MAX)?.ok_or("there is no receipt")?)
    }

    fn directive(&self, directive: &Directive) -> Result<Vec<u8>, Failure> {
        let (dsp, nonce) = (self.executor.dsp(), random_bytes()?);
        Ok(sign_directive(&self.owner, dsp, NetworkId::CONTRACTS, nonce, NOW, NOW + 60, directive)?)
    }
}
