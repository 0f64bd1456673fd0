use nectar_commitment::Fr;
use nectar_trace::HostCall;

use super::{Session, Undo};
use crate::calls::Call;
use crate::error::StateError;
use crate::frames::FramePlace;

impl Session {
    /// Says that the entered contract's program begins here: what the log has of the frame up to now, like grants, is not the
    /// program's.
    ///
    /// # Errors
    /// [`StateError::NoFrame`]
    pub fn start_run(&mut self) -> Result<(), StateError> {
        let start = self.calls.entries();
        self.place()?.start = start;
        Ok(())
    }

    /// Says that the entered contract's program has run: what it was given, and how it ended, as hashes.
    ///
    /// # Errors
    /// [`StateError::NoFrame`]
    pub fn end_run(&mut self, inputs: Fr, outcome: Fr) -> Result<(), StateError> {
        let id = self.frame()?.contract;
        self.resume(id);
        let end = self.calls.entries();
        self.place()?.end = Some(end);
        self.calls.push(Call::Run(inputs, outcome));
        Ok(())
    }

    /// The same of a run that failed and takes back all that this session did to contracts. The log keeps what was asked. Every
    /// contract that was opened is opened and closed once more, so that its entry changes as if nothing had failed. Just before
    /// the run's entry its contract is opened anew: there is no close behind it that would say whose it was.
    ///
    /// # Errors
    /// [`StateError::NoFrame`]
    pub fn fail_run(&mut self, inputs: Fr, outcome: Fr) -> Result<(), StateError> {
        let id = self.frame()?.contract;
        self.close();
        self.resume(id);
        let end = self.calls.entries();
        self.place()?.end = Some(end);
        self.calls.push(Call::Fail(inputs, outcome));
        self.open = None;
        let (state, grants) = (std::mem::take(&mut self.state), std::mem::take(&mut self.grants));
        self.undo.push(Undo::Failed(state, grants, std::mem::take(&mut self.created)));
        for id in self.calls.opened().into_iter().filter(|id| self.turn.contracts.contains_key(id)) {
            self.calls.push(Call::Open(id));
            self.calls.push(Call::Close);
        }
        Ok(())
    }

    /// What the entered frame has asked so far, in order.
    ///
    /// # Errors
    /// [`StateError::NoFrame`]
    pub fn frame_calls(&self) -> Result<Vec<&HostCall>, StateError> {
        let number = self.frame()?.number;
        Ok(self.calls.of_frame(number).collect())
    }

    fn place(&mut self) -> Result<&mut FramePlace, StateError> {
        let number = self.frame()?.number;
        self.places.get_mut(number).ok_or(StateError::NoFrame)
    }
}
