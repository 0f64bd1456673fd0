use toml::Value;

use super::ConfigError;

/// What the names of configuration variables begin with.
pub const ENV_PREFIX: &str = "NECTAR_NODE_";

/// What a key takes in the environment and in flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// Text as it is.
    Text,
    /// A whole number.
    Number,
    /// Texts with commas between them; the empty text is the empty list.
    List,
}

/// Every key, dotted, with what it takes. `l1.url` is `NECTAR_NODE_L1_URL` in the environment.
pub const KEYS: &[(&str, KeyKind)] = &[
    ("listen", KeyKind::Text),
    ("metrics_listen", KeyKind::Text),
    ("data_dir", KeyKind::Text),
    ("network", KeyKind::Number),
    ("operator", KeyKind::Text),
    ("auditors", KeyKind::List),
    ("l1.url", KeyKind::Text),
    ("l1.registry", KeyKind::Text),
    ("l1.rollup", KeyKind::Text),
    ("l1.from_block", KeyKind::Number),
    ("tls.cert", KeyKind::Text),
    ("tls.key", KeyKind::Text),
    ("prover.setup", KeyKind::Text),
    ("prover.ptau_dir", KeyKind::Text),
    ("prover.execution", KeyKind::Text),
    ("prover.padding", KeyKind::Text),
    ("limits.connections", KeyKind::Number),
    ("limits.requests", KeyKind::Number),
    ("limits.workers", KeyKind::Number),
    ("limits.queue", KeyKind::Number),
    ("limits.queue_wait_ms", KeyKind::Number),
    ("limits.header_bytes", KeyKind::Number),
    ("limits.headers", KeyKind::Number),
    ("limits.header_ms", KeyKind::Number),
    ("limits.body_ms", KeyKind::Number),
    ("limits.write_ms", KeyKind::Number),
    ("limits.drain_ms", KeyKind::Number),
    ("limits.refusal_floor_ms", KeyKind::Number),
    ("limits.registry_poll_s", KeyKind::Number),
    ("limits.registry_stale_s", KeyKind::Number),
    ("limits.batch_receipts", KeyKind::Number),
    ("limits.batch_chunks", KeyKind::Number),
    ("limits.batch_execution_chunks", KeyKind::Number),
    ("log.format", KeyKind::Text),
    ("log.filter", KeyKind::Text),
];

pub(super) fn env_suffix(key: &str) -> String {
    key.replace('.', "_").to_ascii_uppercase()
}

impl KeyKind {
    pub(super) fn parse(self, key: &'static str, text: &str) -> Result<Value, ConfigError> {
        let wrong = |expected| ConfigError::Value { key, expected };
        match self {
            Self::Text => Ok(Value::String(text.into())),
            Self::Number => text.parse().map(Value::Integer).map_err(|_| wrong("a whole number")),
            Self::List => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Ok(Value::Array(items.map(|item| Value::String(item.into())).collect()))
            }
        }
    }
}
