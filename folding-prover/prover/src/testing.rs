//! What the tests inside this crate share.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/tally.rs"]
mod tally;

pub(crate) use common::{Batch, fr, short_batch};
pub(crate) use tally::{Exchange, PER_EXCHANGE, RECEIVED, Tally, tally_batch};

use crate::ProverKey;

/// As the integration tests have it.
pub(crate) fn prover_key() -> &'static ProverKey {
    static KEY: std::sync::OnceLock<ProverKey> = std::sync::OnceLock::new();
    KEY.get_or_init(|| ProverKey::development(nectar_circuit::Circuit::new(1)).unwrap())
}
