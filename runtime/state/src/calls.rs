use nectar_abi::{ContractId, GrantHash};
use nectar_commitment::Fr;
use nectar_trace::{HostCall, HostOp};
use zeroize::Zeroize as _;

/// One step of a session's log, in the order in which the trees repeat it.
pub(crate) enum Call {
    Create(ContractId, Fr),
    Open(ContractId),
    Close,
    /// What the frame with this number asked.
    Host(HostCall, usize),
    UseGrant(GrantHash),
    SetGrant(GrantHash, bool),
    /// Inputs and outcome of a frame's run.
    Run(Fr, Fr),
    /// The same of one that takes the invocation back.
    Fail(Fr, Fr),
}

impl Call {
    /// Whether the log has an entry of it: all but the end of a scan, which changes and proves nothing.
    fn is_logged(&self) -> bool {
        !matches!(self, Self::Host(HostCall { op: HostOp::End, .. }, _))
    }
}

/// A session's log: erased when dropped, because keys and values are in it.
#[derive(Default)]
pub(crate) struct Calls {
    all: Vec<Call>,
    entries: u32,
}

impl Calls {
    pub(crate) fn push(&mut self, call: Call) {
        self.entries = self.entries.saturating_add(u32::from(call.is_logged()));
        self.all.push(call);
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Entries of the log so far: the place of the next one.
    pub(crate) fn entries(&self) -> u32 {
        self.entries
    }

    /// Contracts that were opened, each once, in the order of their first opening.
    pub(crate) fn opened(&self) -> Vec<ContractId> {
        let mut opened = Vec::new();
        for call in &self.all {
            if let Call::Open(id) = call
                && !opened.contains(id)
            {
                opened.push(*id);
            }
        }
        opened
    }

    /// What one frame asked.
    pub(crate) fn of_frame(&self, number: usize) -> impl Iterator<Item = &HostCall> {
        self.all.iter().filter_map(move |call| match call {
            Call::Host(call, frame) if *frame == number => Some(call),
            _ => None,
        })
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        for call in self.all.drain(len.min(self.all.len())..) {
            self.entries = self.entries.saturating_sub(u32::from(call.is_logged()));
            erase(call);
        }
    }

    /// Takes the calls out, in order.
    pub(crate) fn take(&mut self) -> Vec<Call> {
        self.entries = 0;
        std::mem::take(&mut self.all)
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.truncate(0);
    }
}

fn erase(call: Call) {
    if let Call::Host(mut call, _) = call {
        erase_call(&mut call);
    }
}

pub(crate) fn erase_call(call: &mut HostCall) {
    call.key.zeroize();
    call.value.zeroize();
    call.salt = None;
}
