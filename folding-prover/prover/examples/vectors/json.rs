//! The files that every verifier is tested with. `src/attacks.rs` writes its forgeries with it, too.

use std::fmt::Write as _;

use nectar_circuit::Statement;
use nectar_commitment::{Fr, to_bytes};

/// A key, a statement and a proof as `tests/vectors` keeps them.
pub(crate) fn json(key: &[u8], statement: &Statement, proof: &[u8]) -> String {
    let root = |root: &Fr| hex(&to_bytes(root));
    let Statement { chain_id, network, batch, receipts, window, .. } = statement;
    format!(
        r#"{{
  "key": "{}",
  "statement": {{
    "chain_id": {chain_id},
    "network": {network},
    "batch": {batch},
    "pre_root": "{}",
    "post_root": "{}",
    "receipts_root": "{}",
    "receipts": {receipts},
    "program_registry_root": "{}",
    "window": [{}, {}]
  }},
  "proof": "{}"
}}
"#,
        hex(key),
        root(&statement.pre_root),
        root(&statement.post_root),
        root(&statement.receipts_root),
        root(&statement.program_registry_root),
        window.0,
        window.1,
        hex(proof)
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
