use cosmwasm_std::CustomQuery;
use serde::{Deserialize, Serialize};

/// This chain's custom query, as CosmWasm's `Deps` and `DepsMut` want it.
///
/// On the wire it is [`nectar_abi::NectarQuery`], unchanged; that crate knows nothing of CosmWasm, so the trait needs
/// a type of this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NectarQuery(pub nectar_abi::NectarQuery);

impl NectarQuery {
    /// Asks for the caller's verified grant.
    pub const CALLER: Self = Self(nectar_abi::NectarQuery::Caller {});
}

impl CustomQuery for NectarQuery {}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{QueryRequest, to_json_string};

    use super::*;

    #[test]
    fn the_wire_form_is_that_of_the_abi() {
        let request = QueryRequest::Custom(NectarQuery::CALLER);
        assert_eq!(to_json_string(&request).unwrap(), r#"{"custom":{"caller":{}}}"#);
    }
}
