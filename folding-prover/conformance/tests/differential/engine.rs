//! wasmtime, as `nectar-runtime` sets it up.

use nectar_vm::{MAX_PAGES, PAGE_BYTES, Trap};
use wasmtime::{
    Config, Engine, Error, Instance, Linker, Module, OperatorCost, OptLevel, Store, StoreLimits,
    StoreLimitsBuilder,
};

/// More than any test uses, and little enough that it does not overflow.
pub(crate) const FUEL: u64 = 1 << 62;

pub(crate) type Context = Store<StoreLimits>;

pub(crate) fn engine() -> Engine {
    let mut cost = OperatorCost::new();
    cost.variable.memory_grow_per_page = 250;
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(cost)
        .cranelift_nan_canonicalization(true)
        // The compiler is not what is tested.
        .cranelift_opt_level(OptLevel::None)
        .max_wasm_stack(256 * 1024)
        .wasm_relaxed_simd(false)
        .wasm_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_multi_value(true)
        .wasm_bulk_memory(true);
    Engine::new(&config).unwrap()
}

/// A fresh instance, all of whose imports trap.
pub(crate) fn instantiate(module: &Module) -> (Context, Result<Instance, Error>) {
    let limits = StoreLimitsBuilder::new().memory_size(MAX_PAGES as usize * PAGE_BYTES).build();
    let mut store = Store::new(module.engine(), limits);
    store.limiter(|limits| limits);
    store.set_fuel(FUEL).unwrap();
    let mut linker = Linker::new(module.engine());
    linker.define_unknown_imports_as_traps(module).unwrap();
    let instance = linker.instantiate(&mut store, module);
    (store, instance)
}

/// The trap that the machine has for wasmtime's.
pub(crate) fn trap(error: &Error) -> Trap {
    use wasmtime::Trap as T;
    match error.downcast_ref::<T>() {
        Some(T::UnreachableCodeReached) => Trap::Unreachable,
        Some(T::MemoryOutOfBounds) => Trap::MemoryOutOfBounds,
        Some(T::TableOutOfBounds) => Trap::TableOutOfBounds,
        Some(T::IndirectCallToNull) => Trap::IndirectCallToNull,
        Some(T::BadSignature) => Trap::BadSignature,
        Some(T::IntegerOverflow) => Trap::IntegerOverflow,
        Some(T::IntegerDivisionByZero) => Trap::DivisionByZero,
        Some(T::StackOverflow) => Trap::StackOverflow,
        Some(T::OutOfFuel) => Trap::OutOfGas,
        _ => panic!("an error that is no trap of ours: {error:?}"),
    }
}
