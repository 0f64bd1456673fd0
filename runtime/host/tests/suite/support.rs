//! A node with its owner, callers and clock.

use std::collections::BTreeSet;
use std::sync::Arc;

use nectar_abi::{
    CodeHash, ContractId, Digest, FieldMask, GrantHash, LegalBasis, Method, NetworkId, PatientHandle,
    PublicKey, Purpose, tagged_hash,
};
use nectar_capability::{
    Destination, Directive, GrantBuilder, Invocation, SigningKey, Token, random_bytes, sign_directive,
};
use nectar_commitment::{Fr, Registers};
use nectar_runtime::{
    AuditEntry, CallError, Config, Executor, FixedClock, Instantiated, Limits, Registered, Reply, Revoked,
    verify_receipt,
};
use nectar_state::{Backend, MemoryBackend, Store, StoreKeys};
use nectar_trace::Receipt;
use sha2::{Digest as _, Sha256};

pub(crate) const NOW: u64 = 1_790_000_000;
pub(crate) const TREAT: [Purpose; 1] = [Purpose::Treatment];

/// The same key for the same name.
pub(crate) fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&tagged_hash("test-key", &[name.as_bytes()]))
}

pub(crate) fn patient(name: &str) -> PatientHandle {
    PatientHandle::new(tagged_hash("test-patient", &[name.as_bytes()]))
}

pub(crate) fn code_hash(wasm: &[u8]) -> CodeHash {
    CodeHash::new(Sha256::digest(wasm).into())
}

pub(crate) fn artifact(name: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/examples/artifacts");
    std::fs::read(format!("{directory}/{name}.wasm")).unwrap()
}

/// One node. When it is dropped, everything that it did is proven natively.
pub(crate) struct World {
    pub(crate) backend: MemoryBackend,
    pub(crate) keys: Vec<u8>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) config: Config,
    pub(crate) executor: Option<Executor>,
    /// Owner of every contract.
    pub(crate) hospital: SigningKey,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Config::new(NetworkId::CONTRACTS))
    }

    /// A node on which contracts run out of gas soon.
    pub(crate) fn poor(gas: u64) -> Self {
        let limits = Limits { gas, ..Limits::DEFAULT };
        Self::with(Config { limits, ..Config::new(NetworkId::CONTRACTS) })
    }

    pub(crate) fn with(mut config: Config) -> Self {
        config.auditors.insert(key("auditor").public());
        let keys = StoreKeys::generate().unwrap().to_bytes().unwrap().to_vec();
        let clock = Arc::new(FixedClock::at(NOW));
        let backend = MemoryBackend::default();
        let mut world = Self { backend, keys, clock, config, executor: None, hospital: key("hospital") };
        world.open();
        world
    }

    /// Opens the executor, again if it is open.
    pub(crate) fn open(&mut self) {
        self.executor = None;
        self.backend.reopen();
        let backend: Arc<dyn Backend> = Arc::new(self.backend.clone());
        let store =
            Store::open(backend, StoreKeys::from_bytes(&self.keys).unwrap(), self.config.network).unwrap();
        let clock = self.clock.clone();
        self.executor = Some(Executor::with_clock(self.config.clone(), store, key("dsp"), clock).unwrap());
    }

    pub(crate) fn node(&self) -> &Executor {
        self.executor.as_ref().unwrap()
    }

    pub(crate) fn to(&self) -> Destination {
        Destination { network: self.config.network, dsp: self.node().dsp() }
    }

    pub(crate) fn now(&self) -> u64 {
        nectar_runtime::Clock::now(&*self.clock)
    }

    pub(crate) fn directive(&self, signer: &SigningKey, directive: &Directive) -> Vec<u8> {
        let to = self.to();
        let now = self.now();
        let nonce = random_bytes().unwrap();
        sign_directive(signer, to.dsp, to.network, nonce, now, now + 60, directive).unwrap()
    }

    pub(crate) fn upload(&self, wasm: &[u8]) -> Result<CodeHash, CallError> {
        let order = self.directive(&self.hospital, &Directive::UploadCode { code: code_hash(wasm) });
        self.node().upload(&order, wasm)
    }

    pub(crate) fn instantiate(&self, code: CodeHash, message: &str) -> Result<Instantiated, CallError> {
        let order = Directive::Instantiate {
            code,
            label: "test".into(),
            message: message.as_bytes().to_vec(),
            salt: random_bytes().unwrap(),
            touches: Vec::new(),
        };
        self.node().instantiate(&self.directive(&self.hospital, &order))
    }

    /// A contract of this module, owned by the hospital.
    pub(crate) fn contract(&self, wasm: &[u8], message: &str) -> Contract {
        let code = self.upload(wasm).unwrap();
        Contract { id: self.instantiate(code, message).unwrap().contract, code }
    }

    pub(crate) fn register(&self, signer: &SigningKey, token: &Token) -> Result<Registered, CallError> {
        let order = Directive::Register { token: token.encode() };
        self.node().register(&self.directive(signer, &order))
    }

    pub(crate) fn revoke(
        &self,
        signer: &SigningKey,
        contract: ContractId,
        grant: GrantHash,
    ) -> Result<Revoked, CallError> {
        self.node().revoke(&self.directive(signer, &Directive::Revoke { contract, grant }))
    }

    /// A root grant of these methods, not registered.
    pub(crate) fn grant(&self, contract: &Contract, holder: PublicKey, methods: &[&str]) -> GrantBuilder {
        GrantBuilder::root(self.hospital.public(), holder, contract.id, contract.code)
            .methods(methods.iter().map(|method| method.parse::<Method>().unwrap()))
            .fields(FieldMask::ALL)
            .purposes(TREAT)
            .basis(LegalBasis::TreatmentPaymentOperations)
            .window(NOW - 10, NOW + 86_400)
            .depth(3)
    }

    /// A registered root token.
    pub(crate) fn token(&self, contract: &Contract, holder: PublicKey, methods: &[&str]) -> Token {
        self.registered(self.grant(contract, holder, methods))
    }

    pub(crate) fn registered(&self, grant: GrantBuilder) -> Token {
        let token = Token::root(grant.sign(&self.hospital).unwrap()).unwrap();
        self.register(&self.hospital, &token).unwrap();
        token
    }

    pub(crate) fn invocation(&self, token: &Token, method: &str, message: &str) -> Invocation {
        let method = method.parse().unwrap();
        let message = message.as_bytes().to_vec();
        Invocation::new(self.to(), token, method, message, Purpose::Treatment, self.now()).unwrap()
    }

    pub(crate) fn call(
        &self,
        token: &Token,
        holder: &SigningKey,
        method: &str,
        message: &str,
    ) -> Result<Reply, CallError> {
        self.node().invoke(&self.invocation(token, method, message).sign(holder).unwrap())
    }

    pub(crate) fn audit(&self) -> Vec<AuditEntry> {
        let order = self.directive(&key("auditor"), &Directive::ReadAudit { contract: None });
        self.node().audit(&order).unwrap()
    }

    /// The reasons of all refusals so far, in order.
    pub(crate) fn refusals(&self) -> Vec<String> {
        let refused = |entry: &AuditEntry| entry.event == nectar_runtime::AuditEvent::Refused;
        self.audit().into_iter().filter(refused).map(|entry| entry.outcome).collect()
    }

    /// Takes all receipts that are not settled as one batch and repeats its operations as the circuit will: they lead
    /// from the settled root to the network's root, and to the receipts' root.
    pub(crate) fn prove(&self) {
        let Some(batch) = self.node().pending(usize::MAX, usize::MAX).unwrap() else {
            assert_eq!(self.node().settled_root(), self.node().network_root());
            return;
        };
        let (pre, post) = (self.node().settled_root(), self.node().network_root());
        assert_eq!((batch.pre_root, batch.post_root), (pre, post));
        let context = Fr::from(7);
        let start = Registers::start(pre, context);
        let end = batch.slots().try_fold(start, |registers, slot| registers.apply(slot)).unwrap();
        let count = batch.traces().len() as u64;
        assert_eq!(end, Registers::end(post, batch.receipts_root(), count, context));
        let mut before: Option<Receipt> = None;
        for trace in batch.traces() {
            let view = self.node().receipt(trace.receipt.position).unwrap().unwrap();
            let receipt = verify_receipt(view.receipt.bytes()).unwrap();
            assert_eq!(receipt, trace.receipt);
            assert_eq!(receipt.dsp, self.node().dsp());
            match &before {
                Some(before) => {
                    assert_eq!((receipt.position, receipt.previous), (before.position + 1, before.digest()));
                }
                None if receipt.position == 0 => assert_eq!(receipt.previous, Digest::new([0; 32])),
                None => {}
            }
            before = Some(receipt);
        }
        assert_eq!(self.node().receipts(), before.unwrap().position + 1);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.executor.is_some() {
            self.prove();
        }
    }
}

/// A contract in a [`World`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contract {
    pub(crate) id: ContractId,
    pub(crate) code: CodeHash,
}

/// The text of a contract's answer.
pub(crate) fn answer(reply: &Reply) -> String {
    match &reply.result {
        cosmwasm_std::ContractResult::Ok(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        cosmwasm_std::ContractResult::Err(error) => panic!("the contract says: {error}"),
    }
}

/// The text of a contract's error.
pub(crate) fn error(reply: &Reply) -> String {
    match &reply.result {
        cosmwasm_std::ContractResult::Ok(bytes) => panic!("the contract says: {bytes}"),
        cosmwasm_std::ContractResult::Err(error) => error.clone(),
    }
}

pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, CallError>) {
    assert!(matches!(result, Err(CallError::Refused)), "{result:?}");
}

pub(crate) fn auditors(names: &[&str]) -> BTreeSet<PublicKey> {
    names.iter().map(|name| key(name).public()).collect()
}
