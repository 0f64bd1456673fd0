//! One instance of a module at work, and what its host calls need.

use nectar_abi::limits::MAX_RESPONSE_BYTES;
use nectar_commitment::EntryPoint;
use wasmtime::{
    AsContext, AsContextMut, Caller, Instance, Memory, Store, StoreContextMut, StoreLimits,
    StoreLimitsBuilder, Trap, TypedFunc,
};

use crate::engine::Ready;
use crate::error::{HostError, Stop};
use crate::failure::{ContractFailure, traps};
use crate::gas;
use crate::module::{MAX_PAGES, MAX_TABLE_ELEMENTS};
use crate::region::Region;
use crate::run::{Cursor, Run};

const PAGE_BYTES: usize = 64 * 1024;

/// An entry point of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Instantiate,
    Execute,
    Query,
}

impl Entry {
    pub(crate) const fn point(self) -> EntryPoint {
        match self {
            Self::Instantiate => EntryPoint::Instantiate,
            Self::Execute => EntryPoint::Execute,
            Self::Query => EntryPoint::Query,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Instantiate => "instantiate",
            Self::Execute => "execute",
            Self::Query => "query",
        }
    }
}

/// A call of an entry point with its arguments in order.
#[derive(Debug)]
pub(crate) struct FrameCall<'a> {
    pub(crate) entry: Entry,
    pub(crate) inputs: &'a [Vec<u8>],
    /// Gas that is left for it and whatever it calls.
    pub(crate) gas: u64,
    /// What the invocation had at its start.
    pub(crate) limit: u64,
}

/// What wasmtime keeps for an instance: the state of its host.
pub(crate) struct Frame {
    /// Away only while a frame above this one runs.
    pub(crate) run: Option<Box<Run>>,
    pub(crate) entry: Entry,
    pub(crate) cursors: Vec<Cursor>,
    pub(crate) limit: u64,
    memory: Option<Memory>,
    allocate: Option<TypedFunc<u32, u32>>,
    limits: StoreLimits,
    /// Why a host call ended the frame.
    stop: Option<Stop>,
}

/// The end of a frame: the run it was lent, unless the engine lost it, the gas that is left, and the answer's bytes.
pub(crate) struct Finished {
    pub(crate) run: Option<Box<Run>>,
    pub(crate) gas: u64,
    pub(crate) answer: Result<Vec<u8>, Stop>,
}

/// Runs one frame to its end.
pub(crate) fn run_frame(module: &Ready, run: Box<Run>, call: &FrameCall<'_>) -> Finished {
    let limits = StoreLimitsBuilder::new()
        .memory_size(usize::try_from(MAX_PAGES).unwrap_or_default() * PAGE_BYTES)
        .table_elements(usize::try_from(MAX_TABLE_ELEMENTS).unwrap_or_default())
        .instances(1)
        .memories(1)
        .tables(1)
        .build();
    let frame = Frame {
        run: Some(run),
        entry: call.entry,
        cursors: Vec::new(),
        limit: call.limit,
        memory: None,
        allocate: None,
        limits,
        stop: None,
    };
    let mut store = Store::new(module.module().engine(), frame);
    store.limiter(|frame| &mut frame.limits);
    let answer = execute(&mut store, module, call);
    let gas = store.get_fuel().unwrap_or_default();
    Finished { run: store.into_data().run, gas, answer }
}

fn execute(store: &mut Store<Frame>, module: &Ready, call: &FrameCall<'_>) -> Result<Vec<u8>, Stop> {
    let left = call.gas.checked_sub(gas::FRAME).ok_or(ContractFailure::OutOfGas { limit: call.limit });
    store
        .set_fuel(left.as_ref().copied().unwrap_or_default())
        .map_err(|e| HostError::Engine(e.to_string()))?;
    left?;
    let instance = match module.instantiate(&mut *store) {
        Ok(instance) => instance,
        Err(error) => return Err(stopped(store.as_context_mut(), &error)),
    };
    let memory = instance.get_memory(&mut *store, "memory");
    let allocate = instance.get_typed_func(&mut *store, "allocate").ok();
    let frame = store.data_mut();
    (frame.memory, frame.allocate) = (memory, allocate);
    let arguments =
        call.inputs.iter().map(|input| give(store.as_context_mut(), input)).collect::<Result<Vec<_>, _>>()?;
    let pointer = enter(store, &instance, call.entry, &arguments)?;
    take(store.as_context_mut(), pointer, "response", MAX_RESPONSE_BYTES)
}

/// Calls an entry point with the pointers of its arguments.
fn enter(
    store: &mut Store<Frame>,
    instance: &Instance,
    entry: Entry,
    arguments: &[u32],
) -> Result<u32, Stop> {
    let missing = |_| Stop::from(ContractFailure::NoEntryPoint(entry.name()));
    let answer = match *arguments {
        [env, message] => {
            let function =
                instance.get_typed_func::<(u32, u32), u32>(&mut *store, entry.name()).map_err(missing)?;
            function.call(&mut *store, (env, message))
        }
        [env, info, message] => {
            let function = instance
                .get_typed_func::<(u32, u32, u32), u32>(&mut *store, entry.name())
                .map_err(missing)?;
            function.call(&mut *store, (env, info, message))
        }
        _ => return Err(HostError::Invariant("an entry point has two or three arguments").into()),
    };
    answer.map_err(|error| stopped(store.as_context_mut(), &error))
}

/// Why the engine came back with an error: a host call's reason first, then the guest's trap.
fn stopped(mut store: StoreContextMut<'_, Frame>, error: &wasmtime::Error) -> Stop {
    if let Some(stop) = store.data_mut().stop.take() {
        return stop;
    }
    let Some(trap) = error.downcast_ref::<Trap>() else { return HostError::Engine(error.to_string()).into() };
    Stop::Contract(match trap {
        Trap::OutOfFuel => ContractFailure::OutOfGas { limit: store.data().limit },
        Trap::StackOverflow => ContractFailure::StackOverflow,
        Trap::UnreachableCodeReached => ContractFailure::Trap(traps::UNREACHABLE),
        Trap::MemoryOutOfBounds => ContractFailure::Trap(traps::MEMORY),
        Trap::TableOutOfBounds => ContractFailure::Trap(traps::TABLE),
        Trap::IndirectCallToNull => ContractFailure::Trap(traps::NULL),
        Trap::BadSignature => ContractFailure::Trap(traps::SIGNATURE),
        Trap::IntegerOverflow => ContractFailure::Trap(traps::OVERFLOW),
        Trap::IntegerDivisionByZero => ContractFailure::Trap(traps::DIVISION),
        Trap::BadConversionToInteger => ContractFailure::Trap(traps::CONVERSION),
        _ => return HostError::Engine(error.to_string()).into(),
    })
}

fn charge(mut store: StoreContextMut<'_, Frame>, cost: u64) -> Result<(), Stop> {
    let engine = |error: wasmtime::Error| HostError::Engine(error.to_string());
    let left = store.get_fuel().map_err(engine)?.checked_sub(cost);
    store.set_fuel(left.unwrap_or_default()).map_err(engine)?;
    match left {
        // Nothing left is out of gas: the run would end so, and on the machine it ends here.
        None | Some(0) => Err(ContractFailure::OutOfGas { limit: store.data().limit }.into()),
        Some(_) => Ok(()),
    }
}

/// Reads the bytes of a region, and charges for them first.
fn take(
    mut store: StoreContextMut<'_, Frame>,
    pointer: u32,
    what: &'static str,
    limit: usize,
) -> Result<Vec<u8>, Stop> {
    let memory = memory(&store)?;
    let region = Region::at(memory.data(&store), pointer)?;
    let length = region.read(memory.data(&store), what, limit)?.len();
    charge(store.as_context_mut(), gas::times(gas::BYTE, length))?;
    Ok(region.read(memory.data(&store), what, limit)?.to_vec())
}

/// Asks the guest for a region and writes into it.
fn give(mut store: StoreContextMut<'_, Frame>, data: &[u8]) -> Result<u32, Stop> {
    charge(store.as_context_mut(), gas::times(gas::BYTE, data.len()))?;
    let allocate =
        store.data().allocate.clone().ok_or(HostError::Invariant("a checked module exports `allocate`"))?;
    let length = u32::try_from(data.len()).map_err(|_| ContractFailure::response(data.len()))?;
    let pointer = match allocate.call(&mut store, length) {
        Ok(pointer) => pointer,
        Err(error) => return Err(stopped(store, &error)),
    };
    put(store, pointer, data)?;
    Ok(pointer)
}

/// Writes into a region that the guest has named.
fn put(mut store: StoreContextMut<'_, Frame>, pointer: u32, data: &[u8]) -> Result<(), Stop> {
    let memory = memory(&store)?;
    Ok(Region::write(memory.data_mut(&mut store), pointer, data)?)
}

fn memory(store: &impl AsContext<Data = Frame>) -> Result<Memory, Stop> {
    let memory = store.as_context().data().memory;
    Ok(memory.ok_or(HostError::Invariant("a checked module exports `memory` and runs nothing before"))?)
}

/// The guest behind a host call.
pub(crate) struct Guest<'a>(Caller<'a, Frame>);

impl<'a> Guest<'a> {
    /// Runs a host call. What stops it is kept for [`run_frame`], and the guest does not go on.
    pub(crate) fn call<T>(
        caller: Caller<'a, Frame>,
        act: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> wasmtime::Result<T> {
        let mut guest = Self(caller);
        guest.charge(gas::CALL).and_then(|()| act(&mut guest)).map_err(|stop| {
            guest.0.data_mut().stop = Some(stop);
            wasmtime::Error::msg("stopped by the host")
        })
    }

    pub(crate) fn charge(&mut self, cost: u64) -> Result<(), Stop> {
        charge(self.0.as_context_mut(), cost)
    }

    pub(crate) fn take(&mut self, pointer: u32, what: &'static str, limit: usize) -> Result<Vec<u8>, Stop> {
        take(self.0.as_context_mut(), pointer, what, limit)
    }

    pub(crate) fn give(&mut self, data: &[u8]) -> Result<u32, Stop> {
        give(self.0.as_context_mut(), data)
    }

    pub(crate) fn put(&mut self, pointer: u32, data: &[u8]) -> Result<(), Stop> {
        charge(self.0.as_context_mut(), gas::times(gas::BYTE, data.len()))?;
        put(self.0.as_context_mut(), pointer, data)
    }

    pub(crate) fn gas(&self) -> Result<u64, Stop> {
        Ok(self.0.get_fuel().map_err(|error| HostError::Engine(error.to_string()))?)
    }

    pub(crate) fn set_gas(&mut self, gas: u64) -> Result<(), Stop> {
        Ok(self.0.set_fuel(gas).map_err(|error| HostError::Engine(error.to_string()))?)
    }

    pub(crate) fn frame(&mut self) -> &mut Frame {
        self.0.data_mut()
    }

    pub(crate) fn run(&mut self) -> Result<&mut Run, Stop> {
        let run = self.0.data_mut().run.as_deref_mut();
        Ok(run.ok_or(HostError::Invariant("a frame has its run while it runs"))?)
    }

    /// Writes are for frames that may change state.
    pub(crate) fn require_write(&self) -> Result<(), Stop> {
        match self.0.data().entry {
            Entry::Query => Err(ContractFailure::ReadOnly.into()),
            Entry::Instantiate | Entry::Execute => Ok(()),
        }
    }
}
