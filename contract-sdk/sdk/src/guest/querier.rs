//! Questions to the host.
#![expect(unsafe_code, reason = "imports")]

use cosmwasm_std::{ContractResult, Querier, QuerierResult, SystemError, SystemResult};
use nectar_abi::compact;

use super::region::{Region, returned};
use crate::wire;

unsafe extern "C" {
    fn query_chain(request: u32) -> u32;
}

pub(super) struct HostQuerier;

impl Querier for HostQuerier {
    fn raw_query(&self, request: &[u8]) -> QuerierResult {
        let region = Region::of(request);
        // SAFETY: The region lives until the import returns; what it returns is had from `allocate` and filled.
        let answer = unsafe { returned(query_chain(region.address())) }.unwrap_or_default();
        if request == compact::CALLER && answer.first() == Some(&compact::VERSION) {
            return SystemResult::Ok(ContractResult::Ok(answer.into()));
        }
        // The host hands over what another contract said, and nothing of its own.
        let asked_a_contract = compact::read_smart(request).is_some();
        let read = if asked_a_contract { wire::smart_result } else { wire::query_result };
        read(&answer).unwrap_or_else(|error| {
            SystemResult::Err(SystemError::InvalidResponse {
                error: error.to_string(),
                response: answer.into(),
            })
        })
    }
}
