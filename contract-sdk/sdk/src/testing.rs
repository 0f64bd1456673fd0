//! A host for unit tests: a caller with a grant, other contracts that answer queries, storage that counts operations.
//!
//! It stands in for the host's answers, not for its checks: a test says which grant was verified, and the runtime's own
//! tests show what is verified. Native only.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use cosmwasm_std::testing::{MockApi, MockQuerier, MockStorage, mock_env};
use cosmwasm_std::{
    Addr, Binary, ContractResult, Deps, DepsMut, Env, MessageInfo, Order, Querier, QuerierResult,
    QuerierWrapper, Record, StdResult, Storage, SystemError, SystemResult, Timestamp, WasmQuery, from_json,
    to_json_binary,
};
use nectar_abi::{compact, tagged_hash};

use crate::{
    CallerGrant, ContractId, FieldMask, GrantHash, LegalBasis, Method, NectarQuery, PatientHandle, PublicKey,
    Purpose,
};

/// When calls take place, in seconds since 1970, unless the test says otherwise.
pub const NOW: u64 = 1_790_000_000;

/// A key with a name, always the same one. It has no secret half.
pub fn key(name: &str) -> PublicKey {
    PublicKey::new(tagged_hash("nectar-test-key", &[name.as_bytes()]))
}

/// The key of the contract's owner.
pub fn owner() -> PublicKey {
    key("owner")
}

/// A patient with a name, always the same handle.
pub fn patient(name: &str) -> PatientHandle {
    PatientHandle::new(tagged_hash("nectar-test-patient", &[name.as_bytes()]))
}

/// A contract with a name, always the same address.
pub fn contract(name: &str) -> ContractId {
    ContractId::new(tagged_hash("nectar-test-contract", &[name.as_bytes()]))
}

/// Builds the grant that the host has verified. Unless narrowed, it opens every patient and field for treatment.
#[derive(Debug, Clone)]
pub struct MockCaller(CallerGrant);

impl MockCaller {
    /// A holder by key.
    ///
    /// # Panics
    /// Never: the method's name is fixed.
    pub fn of(holder: PublicKey) -> Self {
        Self(CallerGrant {
            holder,
            owner: owner(),
            grant: GrantHash::new(tagged_hash("nectar-test-grant", &[holder.as_bytes()])),
            method: "query/test".parse().expect("a method"),
            purpose: Purpose::Treatment,
            legal_basis: LegalBasis::TreatmentPaymentOperations,
            patient: None,
            fields: FieldMask::ALL,
            expires: NOW + 3600,
        })
    }

    /// A holder by name.
    pub fn named(name: &str) -> Self {
        Self::of(key(name))
    }

    /// The patient of this name, asking for what is theirs: key and handle have the same name.
    pub fn individual(name: &str) -> Self {
        Self::named(name)
            .patient(patient(name))
            .purpose(Purpose::PatientRequest)
            .basis(LegalBasis::IndividualAccess)
    }

    /// Narrows the grant to one patient.
    #[must_use]
    pub const fn patient(mut self, patient: PatientHandle) -> Self {
        self.0.patient = Some(patient);
        self
    }

    /// Widens the grant to every patient.
    #[must_use]
    pub const fn every_patient(mut self) -> Self {
        self.0.patient = None;
        self
    }

    /// Opens exactly these fields.
    #[must_use]
    pub const fn fields(mut self, fields: FieldMask) -> Self {
        self.0.fields = fields;
        self
    }

    /// Sets the purpose of the invocation.
    #[must_use]
    pub const fn purpose(mut self, purpose: Purpose) -> Self {
        self.0.purpose = purpose;
        self
    }

    /// Sets the legal basis.
    #[must_use]
    pub const fn basis(mut self, basis: LegalBasis) -> Self {
        self.0.legal_basis = basis;
        self
    }

    /// Sets the method of the outermost call.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.0.method = method;
        self
    }

    /// The grant.
    pub fn build(self) -> CallerGrant {
        self.0
    }
}

/// State operations that a host would record and a proof would open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Operations {
    /// Values read by key, present or absent.
    pub reads: usize,
    /// Values written.
    pub writes: usize,
    /// Values removed.
    pub removes: usize,
    /// Entries that scans visited.
    pub scanned: usize,
}

#[derive(Default)]
struct CountingStorage {
    inner: MockStorage,
    operations: Cell<Operations>,
}

impl CountingStorage {
    fn count(&self, change: impl FnOnce(&mut Operations)) {
        let mut operations = self.operations.get();
        change(&mut operations);
        self.operations.set(operations);
    }
}

impl Storage for CountingStorage {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.count(|o| o.reads += 1);
        self.inner.get(key)
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        Box::new(self.inner.range(start, end, order).inspect(|_| self.count(|o| o.scanned += 1)))
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        self.count(|o| o.writes += 1);
        self.inner.set(key, value);
    }

    fn remove(&mut self, key: &[u8]) {
        self.count(|o| o.removes += 1);
        self.inner.remove(key);
    }
}

type Answer = Box<dyn Fn(&CallerGrant, &Binary) -> ContractResult<Binary>>;

/// What the querier's handlers share with the host.
struct Chain {
    caller: RefCell<CallerGrant>,
    contracts: RefCell<BTreeMap<String, Answer>>,
}

impl Chain {
    /// What a host says to compact requests; `None` if it is none.
    fn compact(&self, request: &[u8]) -> Option<QuerierResult> {
        if request == compact::CALLER {
            return Some(SystemResult::Ok(ContractResult::Ok(self.caller.borrow().to_compact().into())));
        }
        let (contract, message) = compact::read_smart(request)?;
        let said = match self.contracts.borrow().get(&contract.to_string()) {
            Some(answer) => answer(&self.caller.borrow(), &message.into()),
            None => {
                from_json(compact::UNKNOWN).unwrap_or_else(|error| ContractResult::Err(error.to_string()))
            }
        };
        Some(SystemResult::Ok(said))
    }

    fn smart(&self, request: &WasmQuery) -> QuerierResult {
        let WasmQuery::Smart { contract_addr, msg } = request else {
            return SystemResult::Err(SystemError::UnsupportedRequest { kind: "wasm".into() });
        };
        match self.contracts.borrow().get(contract_addr) {
            Some(answer) => SystemResult::Ok(answer(&self.caller.borrow(), msg)),
            None => SystemResult::Err(SystemError::NoSuchContract { addr: contract_addr.clone() }),
        }
    }
}

/// Compact requests first: CosmWasm's own querier takes them for broken JSON.
struct ChainQuerier {
    json: MockQuerier<NectarQuery>,
    chain: Rc<Chain>,
}

impl Querier for ChainQuerier {
    fn raw_query(&self, request: &[u8]) -> QuerierResult {
        self.chain.compact(request).unwrap_or_else(|| self.json.raw_query(request))
    }
}

/// A host for one contract under test.
pub struct MockHost {
    storage: CountingStorage,
    api: MockApi,
    querier: ChainQuerier,
    chain: Rc<Chain>,
    env: Env,
}

impl fmt::Debug for MockHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockHost").field("operations", &self.operations()).finish_non_exhaustive()
    }
}

impl MockHost {
    /// A host with empty storage, called by `caller` at [`NOW`].
    pub fn new(caller: CallerGrant) -> Self {
        let chain = Rc::new(Chain { caller: RefCell::new(caller), contracts: RefCell::default() });
        let (asks, queries) = (Rc::clone(&chain), Rc::clone(&chain));
        let mut json = MockQuerier::<NectarQuery>::new(&[])
            .with_custom_handler(move |_| SystemResult::Ok(to_json_binary(&*asks.caller.borrow()).into()));
        json.update_wasm(move |request| queries.smart(request));
        let mut host = Self {
            storage: CountingStorage::default(),
            api: MockApi::default(),
            querier: ChainQuerier { json, chain: Rc::clone(&chain) },
            chain,
            env: mock_env(),
        };
        host.env.contract.address = Addr::unchecked(contract("under-test").to_string());
        host.set_time(NOW);
        host
    }

    /// The next calls are made by `caller`; other contracts see the same caller.
    pub fn call_as(&self, caller: CallerGrant) {
        *self.chain.caller.borrow_mut() = caller;
    }

    /// The next calls take place at `seconds` since 1970.
    pub const fn set_time(&mut self, seconds: u64) {
        self.env.block.time = Timestamp::from_seconds(seconds);
    }

    /// Lets another contract answer smart queries at this address: `answer` gets the caller's grant and the message.
    pub fn connect(
        &self,
        address: ContractId,
        answer: impl Fn(&CallerGrant, &Binary) -> Result<Binary, String> + 'static,
    ) {
        let answer: Answer = Box::new(move |caller, message| answer(caller, message).into());
        self.chain.contracts.borrow_mut().insert(address.to_string(), answer);
    }

    /// What a query entry point gets.
    pub fn deps(&self) -> Deps<'_, NectarQuery> {
        Deps { storage: &self.storage, api: &self.api, querier: QuerierWrapper::new(&self.querier) }
    }

    /// What an instantiate or execute entry point gets.
    pub fn deps_mut(&mut self) -> DepsMut<'_, NectarQuery> {
        DepsMut { storage: &mut self.storage, api: &self.api, querier: QuerierWrapper::new(&self.querier) }
    }

    /// Block time and the contract's own address.
    pub fn env(&self) -> Env {
        self.env.clone()
    }

    /// The sender as the host gives it: the holder's key in hexadecimal.
    pub fn info(&self) -> MessageInfo {
        MessageInfo {
            sender: Addr::unchecked(self.chain.caller.borrow().holder.to_string()),
            funds: Vec::new(),
        }
    }

    /// State operations so far.
    pub fn operations(&self) -> Operations {
        self.storage.operations.get()
    }

    /// Runs a call and returns its result with the state operations it took.
    pub fn counted<R>(&mut self, call: impl FnOnce(&mut Self) -> R) -> (R, Operations) {
        self.storage.operations.set(Operations::default());
        let result = call(self);
        (result, self.operations())
    }

    /// Every stored key with its value, in order.
    pub fn stored(&self) -> Vec<Record> {
        self.storage.inner.range(None, None, Order::Ascending).collect()
    }
}

/// Whether an answer is this JSON text: for assertions on query responses.
///
/// # Errors
/// The answer is not UTF-8.
pub fn text(answer: &Binary) -> StdResult<&str> {
    Ok(std::str::from_utf8(answer.as_slice())?)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::Empty;

    use super::*;
    use crate::{Caller, Item};

    const COUNT: Item<u64> = Item::new("c");

    #[test]
    fn another_contract_answers_as_the_same_caller() {
        let host = MockHost::new(MockCaller::named("clinician").build());
        host.connect(contract("other"), |caller, message| {
            from_json::<Empty>(message).map_err(|e| e.to_string())?;
            to_json_binary(&caller.holder).map_err(|e| e.to_string())
        });
        let ask = |name: &str| -> StdResult<PublicKey> {
            host.deps().querier.query_wasm_smart(contract(name).to_string(), &Empty {})
        };
        assert_eq!(ask("other").unwrap(), key("clinician"));
        assert!(ask("missing").is_err());
        host.call_as(MockCaller::named("lab").build());
        assert_eq!(ask("other").unwrap(), key("lab"));
        assert_eq!(*Caller::load(&host.deps().querier).unwrap().holder(), key("lab"));
    }

    #[test]
    fn who_asks_in_bytes_is_answered_as_by_the_host() {
        let host = MockHost::new(MockCaller::named("clinician").build());
        host.connect(contract("other"), |caller, _| {
            to_json_binary(&caller.holder).map_err(|e| e.to_string())
        });
        host.connect(contract("refusing"), |_, _| Err("no".to_owned()));
        let ask = |name: &str| {
            crate::ask::<PublicKey>(&host.deps().querier, &contract(name), &Empty {})
                .map_err(|e| e.to_string())
        };
        assert_eq!(ask("other"), Ok(key("clinician")));
        let refused = ask("refusing").unwrap_err();
        assert!(refused.contains("Querier contract error: no"), "{refused}");
        let missing = ask("missing").unwrap_err();
        assert!(missing.contains("there is no such contract to ask"), "{missing}");
    }

    #[test]
    fn state_operations_are_counted() {
        let mut host = MockHost::new(MockCaller::named("clinician").build());
        let ((), operations) = host.counted(|host| {
            COUNT.save(host.deps_mut().storage, &1).unwrap();
            COUNT.load(host.deps().storage).unwrap();
            let _ = host.deps().storage.range(None, None, Order::Ascending).count();
        });
        assert_eq!(operations, Operations { reads: 1, writes: 1, removes: 0, scanned: 1 });
    }
}
