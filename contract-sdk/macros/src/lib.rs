//! The attribute `nectar_sdk::entry_point`; use it from there.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;

/// CosmWasm's own attribute, told where to find the functions that stand between host and contract.
const EXPORT: &str = r#"#[::nectar_sdk::cosmwasm::entry_point(crate = "::nectar_sdk")]"#;

/// Exports `instantiate`, `execute` or `query`. In place of `cosmwasm_std::entry_point`, with the same signatures: what the host
/// writes is read by the SDK, in a fraction of the instructions.
#[proc_macro_attribute]
pub fn entry_point(_: TokenStream, function: TokenStream) -> TokenStream {
    // A constant that parses; were it not to, the attribute would be missing and the module without the export.
    let mut exported: TokenStream = EXPORT.parse().unwrap_or_default();
    exported.extend(function);
    exported
}
