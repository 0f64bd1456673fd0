//! Limits that host and guest agree on. Each is checked before the bytes it bounds are read.

/// Largest contract module, in bytes.
pub const MAX_WASM_BYTES: usize = 2 * 1024 * 1024;
/// Largest message to a contract, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 512 * 1024;
/// Largest response of a contract, in bytes.
pub const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;
/// Largest storage key, in bytes (before blinding).
pub const MAX_KEY_BYTES: usize = 1024;
/// Largest storage value, in bytes.
pub const MAX_VALUE_BYTES: usize = 256 * 1024;
/// Most grants in one token, the root included.
pub const MAX_CHAIN: usize = 8;
/// Largest capability token, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// Most methods that one grant names.
pub const MAX_METHODS: usize = 32;
/// Longest method name, in bytes.
pub const MAX_METHOD_NAME: usize = 64;
/// Most contracts that one invocation may touch.
pub const MAX_TOUCHED: usize = 8;
/// Longest validity window of one invocation, in seconds.
pub const MAX_INVOCATION_WINDOW: u64 = 300;
/// Longest life of an emergency (break-glass) grant, in seconds.
pub const MAX_EMERGENCY_SECONDS: u64 = 3600;
/// Longest reason text, in bytes.
pub const MAX_REASON_BYTES: usize = 512;
