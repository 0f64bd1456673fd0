use std::fmt;

use nectar_abi::ContractId;
use nectar_commitment::Fr;
use nectar_trace::HostCall;

use crate::calls::erase_call;

/// What one frame did to its contract, as the log has it: private, for the trace. Erased when dropped.
pub struct FrameLog {
    /// Whose frame.
    pub contract: ContractId,
    /// The contract's program commitment.
    pub program: Fr,
    /// The secret under which its keys are blinded.
    pub secret: Fr,
    /// Entries of the log before the program began.
    pub start: u32,
    /// Place of the run's entry; none if the frame ran no program.
    pub end: Option<u32>,
    /// What the program asked, in order.
    pub calls: Vec<HostCall>,
}

impl FrameLog {
    pub(crate) fn new(place: FramePlace) -> Self {
        let FramePlace { contract, start, end } = place;
        Self { contract, program: Fr::default(), secret: Fr::default(), start, end, calls: Vec::new() }
    }
}

impl fmt::Debug for FrameLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameLog").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

impl Drop for FrameLog {
    fn drop(&mut self) {
        self.calls.iter_mut().for_each(erase_call);
        self.secret = Fr::default();
    }
}

/// Where a frame stands in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FramePlace {
    pub(crate) contract: ContractId,
    pub(crate) start: u32,
    pub(crate) end: Option<u32>,
}
