use cosmwasm_std::{
    ContractResult, QuerierWrapper, StdError, StdResult, SystemError, SystemResult, from_json, to_json_vec,
};
use nectar_abi::{ContractId, compact};
use serde::{Serialize, de::DeserializeOwned};

use crate::NectarQuery;

/// Asks another contract: `query_wasm_smart` without base64 and JSON around the message. The invocation must name the contract
/// among those that it touches.
///
/// # Errors
/// There is no such contract to ask, it answers with an error, or with something else than a `T`.
pub fn ask<T: DeserializeOwned>(
    querier: &QuerierWrapper<'_, NectarQuery>,
    contract: &ContractId,
    message: &impl Serialize,
) -> StdResult<T> {
    let request = compact::smart(contract, &to_json_vec(message)?);
    match querier.raw_query(&request) {
        SystemResult::Ok(ContractResult::Ok(answer)) => from_json(answer),
        SystemResult::Ok(ContractResult::Err(error)) => {
            Err(StdError::msg(format_args!("Querier contract error: {error}")))
        }
        // Who knows no compact request has not asked.
        SystemResult::Err(SystemError::InvalidRequest { .. }) => {
            querier.query_wasm_smart(contract.to_string(), message)
        }
        SystemResult::Err(error) => Err(StdError::msg(format_args!("Querier system error: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockQuerier;
    use cosmwasm_std::{Empty, WasmQuery, to_json_binary};

    use super::*;
    use crate::testing::contract;

    #[test]
    fn a_querier_that_knows_json_alone_is_asked_in_json() {
        let mut json = MockQuerier::<NectarQuery>::new(&[]);
        json.update_wasm(|request| match request {
            WasmQuery::Smart { contract_addr, msg } if msg.as_slice() == b"{}" => {
                SystemResult::Ok(to_json_binary(contract_addr).into())
            }
            _ => SystemResult::Err(SystemError::Unknown {}),
        });
        let querier = QuerierWrapper::new(&json);
        let asked: String = ask(&querier, &contract("other"), &Empty {}).unwrap();
        assert_eq!(asked, contract("other").to_string());
    }
}
