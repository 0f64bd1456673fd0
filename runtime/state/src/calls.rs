use nectar_abi::{ContractId, GrantHash};
use nectar_commitment::Fr;
use nectar_trace::HostCall;
use zeroize::Zeroize as _;

/// One step of a session's log, in the order in which the trees repeat it.
pub(crate) enum Call {
    Create(ContractId, Fr),
    Open(ContractId),
    Close,
    Host(HostCall),
    UseGrant(GrantHash),
    SetGrant(GrantHash, bool),
}

/// A session's log: erased when dropped, because keys and values are in it.
#[derive(Default)]
pub(crate) struct Calls(Vec<Call>);

impl Calls {
    pub(crate) fn push(&mut self, call: Call) {
        self.0.push(call);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.drain(len.min(self.0.len())..).for_each(erase);
    }

    /// Takes the calls out, in order.
    pub(crate) fn take(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.truncate(0);
    }
}

/// Host calls with keys and values in plaintext, erased when dropped.
#[derive(Default)]
pub(crate) struct HostLog(pub(crate) Vec<HostCall>);

impl Drop for HostLog {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|call| erase(Call::Host(call)));
    }
}

fn erase(call: Call) {
    if let Call::Host(mut call) = call {
        call.key.zeroize();
        call.value.zeroize();
    }
}
