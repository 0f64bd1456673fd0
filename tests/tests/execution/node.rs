//! A node with its runtime, without anything around it.

use std::sync::Arc;

use nectar_abi::{
    CallerGrant, CodeHash, ContractId, FieldMask, LegalBasis, Method, NetworkId, PublicKey, Purpose,
    tagged_hash,
};
use nectar_capability::{
    Destination, Directive, GrantBuilder, Invocation, SigningKey, Token, random_bytes, sign_directive,
};
use nectar_commitment::Fr;
use nectar_node::Machines;
use nectar_runtime::{
    CallError, Config, Executor, FixedClock, NotProvable, Programs, Rehearsal, Rehearsed, Reply,
};
use nectar_state::{MemoryBackend, Store, StoreKeys};
use nectar_trace::{Batch, InvocationTrace};
use sha2::{Digest as _, Sha256};

const NOW: u64 = 1_790_000_000;

/// The same key for the same name.
pub(crate) fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&tagged_hash("test-key", &[name.as_bytes()]))
}

/// The hospital's node and contracts; the hospital calls them too.
pub(crate) struct Node {
    executor: Executor,
    backend: Arc<MemoryBackend>,
    keys: StoreKeys,
    hospital: SigningKey,
}

/// A contract on it.
pub(crate) struct Contract {
    pub(crate) id: ContractId,
    code: CodeHash,
    token: Option<Token>,
}

fn open(backend: Arc<MemoryBackend>, keys: StoreKeys, config: Config) -> Executor {
    let store = Store::open(backend, keys, NetworkId::CONTRACTS).unwrap();
    let executor = Executor::with_clock(config, store, key("dsp"), Arc::new(FixedClock::at(NOW))).unwrap();
    executor.with_programs(Arc::new(Machines::default()))
}

/// The machine of nodes, for calls of any size: the runtime's own limits are looked at, and not those of proofs.
#[derive(Debug, Default)]
struct Unbounded(Machines);

impl Programs for Unbounded {
    fn commitment(&self, code: &CodeHash, module: &[u8]) -> Result<Fr, NotProvable> {
        self.0.commitment(code, module)
    }

    fn rehearse(&self, rehearsal: &Rehearsal<'_>) -> Result<Rehearsed, NotProvable> {
        self.0.rehearse(rehearsal)
    }

    fn most_chunks(&self) -> u64 {
        u64::MAX
    }
}

impl Node {
    pub(crate) fn new() -> Self {
        let (backend, keys) = (Arc::new(MemoryBackend::default()), StoreKeys::generate().unwrap());
        let executor = open(backend.clone(), keys.clone(), Config::new(NetworkId::CONTRACTS));
        Self { executor, backend, keys, hospital: key("hospital") }
    }

    /// The same with calls of any size.
    pub(crate) fn unbounded(self) -> Self {
        let executor = self.executor.with_programs(Arc::new(Unbounded::default()));
        Self { executor, ..self }
    }

    /// The same node, whose calls have so much gas from now on.
    pub(crate) fn with_gas(self, gas: u64) -> Self {
        let Self { executor, backend, keys, hospital } = self;
        drop(executor);
        backend.reopen();
        let mut config = Config::new(NetworkId::CONTRACTS);
        config.limits.gas = gas;
        Self { executor: open(backend.clone(), keys.clone(), config), backend, keys, hospital }
    }

    fn directive(&self, directive: &Directive) -> Vec<u8> {
        let (dsp, nonce) = (self.executor.dsp(), random_bytes().unwrap());
        sign_directive(&self.hospital, dsp, NetworkId::CONTRACTS, nonce, NOW, NOW + 60, directive).unwrap()
    }

    /// Makes a contract.
    pub(crate) fn contract(&self, wasm: &[u8], message: &str) -> Contract {
        let code = CodeHash::new(Sha256::digest(wasm).into());
        self.executor.upload(&self.directive(&Directive::UploadCode { code }), wasm).unwrap();
        let order = Directive::Instantiate {
            code,
            label: "test".into(),
            message: message.into(),
            salt: random_bytes().unwrap(),
            touches: Vec::new(),
        };
        let id = self.executor.instantiate(&self.directive(&order)).unwrap().contract;
        Contract { id, code, token: None }
    }

    /// The same, with a grant of these methods.
    pub(crate) fn granted(&self, contract: Contract, methods: &[&str]) -> Contract {
        Contract { token: Some(self.grant(&contract, methods)), ..contract }
    }

    fn grant(&self, contract: &Contract, methods: &[&str]) -> Token {
        let owner = self.hospital.public();
        let grant = GrantBuilder::root(owner, owner, contract.id, contract.code)
            .methods(methods.iter().map(|method| method.parse::<Method>().unwrap()))
            .fields(FieldMask::ALL)
            .purposes([Purpose::Treatment])
            .basis(LegalBasis::TreatmentPaymentOperations)
            .window(NOW - 10, NOW + 86_400);
        let token = Token::root(grant.sign(&self.hospital).unwrap()).unwrap();
        self.executor.register(&self.directive(&Directive::Register { token: token.encode() })).unwrap();
        token
    }

    /// Calls a method; the invocation may touch these other contracts.
    pub(crate) fn call(
        &self,
        contract: &Contract,
        method: &str,
        message: &str,
        touches: &[ContractId],
    ) -> Reply {
        self.invoke(contract, method, message, touches).unwrap()
    }

    /// The same, if the node answers.
    pub(crate) fn invoke(
        &self,
        contract: &Contract,
        method: &str,
        message: &str,
        touches: &[ContractId],
    ) -> Result<Reply, CallError> {
        let to = Destination { network: NetworkId::CONTRACTS, dsp: self.executor.dsp() };
        let token = contract.token.as_ref().unwrap();
        let method: Method = method.parse().unwrap();
        let mut invocation =
            Invocation::new(to, token, method, message.into(), Purpose::Treatment, NOW).unwrap();
        invocation.touches = touches.to_vec();
        self.executor.invoke(&invocation.sign(&self.hospital).unwrap())
    }

    /// What a contract is told of that call.
    pub(crate) fn caller(&self, contract: &Contract, method: &str) -> CallerGrant {
        let owner: PublicKey = self.hospital.public();
        CallerGrant {
            holder: owner,
            owner,
            grant: contract.token.as_ref().unwrap().leaf().hash(),
            method: method.parse().unwrap(),
            purpose: Purpose::Treatment,
            legal_basis: LegalBasis::TreatmentPaymentOperations,
            patient: None,
            fields: FieldMask::ALL,
            expires: NOW + 86_400,
        }
    }

    /// The trace of the last receipt.
    pub(crate) fn trace(&self) -> InvocationTrace {
        self.batch().traces().last().unwrap().clone()
    }

    /// All receipts so far, as the network's next batch.
    pub(crate) fn batch(&self) -> Batch {
        self.executor.pending(usize::MAX, usize::MAX).unwrap().unwrap()
    }
}
