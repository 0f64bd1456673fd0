//! A progress bar on standard error, where somebody looks at it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nectar_node::api::BatchView;
use nectar_prover::Phase;

/// How far a settlement or a proof is.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shown if standard error is a terminal and no program reads the output.
    pub(crate) fn new(json: bool) -> Self {
        let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) =
            ProgressStyle::with_template("  {msg:44} [{bar:30}] {pos}/{len} {elapsed}, {eta} left")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Moves the bar.
    pub(crate) fn show(&self, view: &BatchView) {
        match view.instructions.filter(|_| view.phase.ends_with("execution")) {
            Some(count) => self.begin(&format!("{} of {count} instructions", view.phase)),
            None => self.begin(&view.phase),
        }
        self.0.set_length(view.total.max(1));
        self.0.set_position(view.done);
    }

    /// What is left is told from how fast this phase goes.
    fn begin(&self, phase: &str) {
        if self.0.message() != phase {
            self.0.set_message(phase.to_owned());
            self.0.reset_eta();
        }
    }

    fn step(&self, phase: &'static str, done: usize, total: usize) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.begin(phase);
        self.0.set_length(count(total.max(1)));
        self.0.set_position(count(done));
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl nectar_prover::Progress for Progress {
    /// Chunks are computed, committed to and folded in turn: what counts is how many are folded.
    fn advance(&self, phase: Phase, done: usize, total: Option<usize>) {
        match phase {
            Phase::Fold => self.step("folding", done, total.unwrap_or(done)),
            Phase::Compress => self.step("compressing", done, total.unwrap_or(done)),
            _ => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
