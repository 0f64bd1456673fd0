use nectar_abi::NetworkId;

use super::{ConfigError, NodeConfig, Setup};

impl NodeConfig {
    /// Checks what types do not: ranges, forms, and keys that need one another.
    ///
    /// # Errors
    /// [`ConfigError::Range`], [`ConfigError::Invalid`], naming the key and the way out.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let refuse = |key, reason| Err(ConfigError::Invalid { key, reason });
        if self.data_dir.as_os_str().is_empty() {
            return refuse("data_dir", "it is empty: name a directory");
        }
        if self.network == NetworkId(0) {
            return refuse("network", "networks count from 1");
        }
        if !(self.l1.url.starts_with("http://") || self.l1.url.starts_with("https://")) {
            return refuse("l1.url", "write the http:// or https:// address of an Ethereum node");
        }
        if self.l1.registry == self.l1.rollup {
            return refuse("l1.rollup", "it is the address of the registry: they are two contracts");
        }
        if self.metrics_listen.is_some_and(|m| m == self.listen && m.port() != 0) {
            return refuse("metrics_listen", "it is the same as listen: leave it out, or take another port");
        }
        match (self.prover.setup, &self.prover.ptau_dir) {
            (Setup::Ptau, None) => refuse("prover.ptau_dir", "prover.setup = \"ptau\" needs it")?,
            (Setup::InsecureDevelopment, Some(_)) => {
                refuse("prover.setup", "with prover.ptau_dir, write setup = \"ptau\"")?;
            }
            _ => {}
        }
        self.limits.validate()
    }
}
