use nectar_prover::{Phase, Progress};
use nectar_verifier::Kind;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::record::Record;
use crate::api::BatchView;
use crate::metrics::Metrics;

/// A settlement at work, as others see it.
#[derive(Debug)]
pub(super) struct Live {
    view: Mutex<BatchView>,
    stop: watch::Receiver<bool>,
    metrics: Metrics,
}

impl Live {
    pub(super) fn new(record: &Record, stop: watch::Receiver<bool>, metrics: Metrics) -> Self {
        Self { view: Mutex::new(record.view()), stop, metrics }
    }

    pub(super) fn view(&self) -> BatchView {
        self.view.lock().clone()
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits until the node is told to stop.
    pub(super) async fn stopping(&self) {
        let mut stop = self.stop.clone();
        // Without a sender nobody will ever say so.
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn show(&self, record: &Record) {
        *self.view.lock() = record.view();
        self.steps(0, 0);
    }

    pub(super) fn phase(&self, name: &str, done: u64, total: u64) {
        let mut view = self.view.lock();
        if view.phase != name {
            name.clone_into(&mut view.phase);
        }
        (view.done, view.total) = (done, total);
        self.steps(done, total);
    }

    /// How many instructions are being proven.
    pub(super) fn instructions(&self, count: u64) {
        self.view.lock().instructions = Some(count);
    }

    pub(super) fn of(&self, kind: Kind) -> Watched<'_> {
        Watched { live: self, kind }
    }

    fn steps(&self, done: u64, total: u64) {
        let gauge = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.metrics.proving_done.set(gauge(done));
        self.metrics.proving_steps.set(gauge(total));
    }
}

/// A proof of one kind being made.
pub(super) struct Watched<'a> {
    live: &'a Live,
    kind: Kind,
}

impl Progress for Watched<'_> {
    /// Chunks are computed, committed to and folded in turn: what counts is how many are folded. First phases are
    /// committed to before all that.
    fn advance(&self, phase: Phase, done: usize, total: Option<usize>) {
        let name = match (self.kind, phase) {
            (Kind::State, Phase::Fold) => "folding state",
            (Kind::State, Phase::Compress) => "compressing state",
            (Kind::Execution, Phase::First) => "committing to execution",
            (Kind::Execution, Phase::Fold) => "folding execution",
            (Kind::Execution, Phase::Compress) => "compressing execution",
            _ => return,
        };
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.live.phase(name, count(done), count(total.unwrap_or(done)));
    }

    fn cancelled(&self) -> bool {
        self.live.is_stopping()
    }
}
