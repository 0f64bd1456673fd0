//! wasmtime, set up so that a contract's result depends on nothing but its inputs.

use std::collections::BTreeMap;
use std::fmt;

use nectar_abi::CodeHash;
use nectar_abi::limits::MAX_WASM_BYTES;
use parking_lot::Mutex;
use wasmtime::{Config, InstancePre, Linker, Module, OptLevel};

use crate::error::HostError;
use crate::failure::FRAME_STACK_BYTES;
use crate::frame::Frame;
use crate::{gas, imports};

/// A module that is ready to be instantiated.
pub(crate) type Ready = InstancePre<Frame>;

/// Compiles modules and keeps the latest of them, in memory only: native code read back from a disk would have to be
/// trusted like our own.
pub(crate) struct Engine {
    engine: wasmtime::Engine,
    linker: Linker<Frame>,
    cache: Mutex<Cache>,
}

struct Cache {
    modules: BTreeMap<CodeHash, (Ready, u64)>,
    uses: u64,
    capacity: usize,
}

/// The module is valid but the compiler does not take it.
#[derive(Debug)]
pub(crate) struct NotCompiled;

impl Engine {
    /// An engine that keeps up to `capacity` compiled modules.
    pub(crate) fn new(capacity: usize) -> Result<Self, HostError> {
        let failed = |error: wasmtime::Error| HostError::Engine(error.to_string());
        let engine = wasmtime::Engine::new(&config()).map_err(failed)?;
        let mut linker = Linker::new(&engine);
        imports::link(&mut linker).map_err(failed)?;
        let cache = Cache { modules: BTreeMap::new(), uses: 0, capacity: capacity.max(1) };
        Ok(Self { engine, linker, cache: Mutex::new(cache) })
    }

    /// The compiled module, if it is in the cache.
    pub(crate) fn cached(&self, code: &CodeHash) -> Option<Ready> {
        let mut cache = self.cache.lock();
        cache.uses += 1;
        let now = cache.uses;
        let (ready, used) = cache.modules.get_mut(code)?;
        *used = now;
        Some(ready.clone())
    }

    /// Compiles a module that [`crate::check_module`] has passed, and caches it.
    pub(crate) fn compile(&self, code: CodeHash, wasm: &[u8]) -> Result<Ready, NotCompiled> {
        debug_assert!(wasm.len() <= MAX_WASM_BYTES);
        let module = Module::from_binary(&self.engine, wasm).map_err(|_| NotCompiled)?;
        let ready = self.linker.instantiate_pre(&module).map_err(|_| NotCompiled)?;
        let mut cache = self.cache.lock();
        cache.uses += 1;
        let now = cache.uses;
        if !cache.modules.contains_key(&code) && cache.modules.len() >= cache.capacity {
            let oldest = cache.modules.iter().min_by_key(|(_, (_, used))| *used).map(|(code, _)| *code);
            oldest.and_then(|oldest| cache.modules.remove(&oldest));
        }
        cache.modules.insert(code, (ready.clone(), now));
        Ok(ready)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("modules", &self.cache.lock().modules.len()).finish_non_exhaustive()
    }
}

/// The same features as [`crate::check_module`] allows, and no way to see time, threads or the bits of a NaN.
fn config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(gas::operators())
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .max_wasm_stack(FRAME_STACK_BYTES)
        .wasm_relaxed_simd(false)
        .wasm_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_multi_value(true)
        .wasm_bulk_memory(true)
        .generate_address_map(false);
    config
}
