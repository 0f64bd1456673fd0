//! What a contract imports: typed access to the caller's verified grant, typed storage, and a host for unit tests.
//!
//! A contract is an ordinary CosmWasm contract. Its entry points take [`NectarQuery`] as the custom query:
//!
//! ```
//! use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response, StdResult, to_json_binary};
//! use nectar_sdk::{Caller, Item, NectarQuery, entry_point};
//!
//! const GREETINGS: Item<u64> = Item::new("g");
//!
//! #[entry_point]
//! pub fn instantiate(deps: DepsMut<'_, NectarQuery>, _: Env, _: MessageInfo, start: u64) -> StdResult<Response> {
//!     GREETINGS.save(deps.storage, &start)?;
//!     Ok(Response::new())
//! }
//!
//! #[entry_point]
//! pub fn query(deps: Deps<'_, NectarQuery>, _: Env, _: cosmwasm_std::Empty) -> StdResult<Binary> {
//!     let caller = Caller::load(&deps.querier)?;
//!     caller.require_owner()?;
//!     to_json_binary(&GREETINGS.load(deps.storage)?)
//! }
//!
//! // In a unit test:
//! use nectar_sdk::testing::{MockCaller, MockHost, owner};
//!
//! let mut host = MockHost::new(MockCaller::of(owner()).build());
//! let (env, info) = (host.env(), host.info());
//! instantiate(host.deps_mut(), env, info, 7).unwrap();
//! assert_eq!(query(host.deps(), host.env(), cosmwasm_std::Empty {}).unwrap().as_slice(), b"7");
//!
//! host.call_as(MockCaller::named("insurer").build());
//! assert!(query(host.deps(), host.env(), cosmwasm_std::Empty {}).is_err());
//! ```
//!
//! # Which API do I want?
//!
//! | I want | use |
//! |---|---|
//! | to know who calls, for which patient, why and until when | [`Caller::load`] |
//! | to insist on it, with an error that says what is missing | [`Caller::require_patient`], [`Caller::require_fields`], [`Caller::require_purpose`], [`Caller::require_owner`] |
//! | to let a patient act for themselves | [`Caller::is_individual`], [`Caller::require_individual`] |
//! | one value under a fixed name | [`Item`] |
//! | values by key, with bounded scans below a prefix | [`Map`], [`Scope`] |
//! | bytes stored as they are, without an encoding around them | `Map<K, Vec<u8>, `[`Raw`]`>` |
//! | to export an entry point | [`entry_point`], in place of CosmWasm's: a fraction of the instructions |
//! | to call another contract | [`ask`], or `deps.querier.query_wasm_smart`; the invocation must name it among the contracts it touches |
//! | a host for unit tests: a caller, other contracts, a count of state operations | [`testing`] |
//!
//! The host has checked the token before any entry point runs: signatures, chain, revocation, time and method. What is
//! left to the contract is what only it knows: which patient, which fields and which purposes a message needs.
#![deny(unsafe_code)]

mod ask;
mod caller;
#[cfg(target_arch = "wasm32")]
mod guest;
mod query;
mod storage;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
#[cfg(any(test, target_arch = "wasm32"))]
mod wire;

pub use ask::ask;
pub use caller::{AccessError, Caller};
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use guest::{do_execute, do_instantiate, do_query};
pub use nectar_abi::{
    CallerGrant, CodeHash, ContractId, Digest, EntryPoint, FieldMask, GrantHash, GrantId, LegalBasis, Method,
    PatientHandle, PublicKey, Purpose, limits,
};
pub use nectar_sdk_macros::entry_point;
pub use query::NectarQuery;
pub use storage::{Codec, Compact, Item, Key, Map, Raw, Scope, Split, StorageError};

/// What the attribute [`entry_point`] needs of CosmWasm.
#[doc(hidden)]
pub mod cosmwasm {
    pub use cosmwasm_std::entry_point;
}
