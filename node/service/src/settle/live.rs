use nectar_prover::{Phase, Progress};
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

    fn steps(&self, done: u64, total: u64) {
        let gauge = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.metrics.proving_done.set(gauge(done));
        self.metrics.proving_steps.set(gauge(total));
    }
}

impl Progress for Live {
    /// Chunks are computed, committed to and folded in turn: what counts is how many are folded.
    fn advance(&self, phase: Phase, done: usize, total: Option<usize>) {
        let name = match phase {
            Phase::Fold => "folding",
            Phase::Compress => "compressing",
            _ => return,
        };
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.phase(name, count(done), count(total.unwrap_or(done)));
    }

    fn cancelled(&self) -> bool {
        self.is_stopping()
    }
}
