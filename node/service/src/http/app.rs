use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use nectar_abi::{NetworkId, PublicKey};
use nectar_runtime::{CallError, Executor, HostError};
use tokio::sync::Semaphore;

use super::problem::Problem;
use crate::api::L1Info;
use crate::config::Limits;
use crate::log::{field, target};
use crate::metrics::Metrics;
use crate::operator::Operator;
use crate::settle::Settler;
use crate::standing::Watch;
use crate::work::{Work, WorkError};

/// What all handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) executor: Arc<Executor>,
    pub(crate) settler: Settler,
    pub(crate) watch: Watch,
    /// For those who have a signature to show.
    pub(crate) work: Work,
    /// For everyone: a place of its own, so that looks which cost something hold up nobody who calls.
    pub(crate) lookups: Work,
    pub(crate) operator: Operator,
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) dsp: PublicKey,
    pub(crate) network: NetworkId,
    pub(crate) l1: L1Info,
}

impl App {
    /// Whether the registry lets this node do anything new.
    pub(super) fn may_serve(&self) -> Result<(), Problem> {
        self.watch.obstacle().map_or(Ok(()), |reason| Err(Problem::NotServing(reason)))
    }

    /// Runs a request on a worker thread. Refusals come no earlier than the configured time after `received`.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        received: Instant,
        job: impl FnOnce(&Executor) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, Problem> {
        let executor = self.executor.clone();
        match self.counted(self.work.run(move || job(&executor)).await)? {
            Ok(value) => Ok(value),
            Err(CallError::Refused) => Err(self.refuse(received).await),
            Err(CallError::Invalid(reason)) => Err(Problem::Invalid(reason.to_string())),
            // Names functions of the module, and nothing of anybody's data: who was allowed to call may know.
            Err(CallError::Host(HostError::NotProvable(why))) => Err(Problem::Invalid(why.to_string())),
            Err(error) => Err(internal(&error)),
        }
    }

    /// Looks something up that everyone may know, on a thread that may block.
    pub(super) async fn look_up<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.counted(self.lookups.run(job).await)
    }

    fn counted<T>(&self, outcome: Result<T, WorkError>) -> Result<T, Problem> {
        if matches!(outcome, Err(WorkError::Overloaded)) {
            self.metrics.overload.inc();
        }
        outcome.map_err(Problem::from)
    }

    /// The one refusal, when its time has come.
    pub(super) fn refuse(&self, received: Instant) -> impl Future<Output = Problem> + use<> {
        let due = received.checked_add(self.limits.refusal_floor());
        async move {
            if let Some(due) = due {
                tokio::time::sleep_until(due.into()).await;
            }
            Problem::Refused
        }
    }
}

/// A failure of ours: the log has it, the answer does not.
pub(super) fn internal(error: &dyn std::error::Error) -> Problem {
    tracing::error!(target: target::HTTP, { { field::ERROR } = %error }, "the node failed");
    Problem::Internal
}
