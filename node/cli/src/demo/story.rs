//! What is told while the demo runs, how long each step took, and what did not hold.

use std::time::Instant;

use serde::Serialize;

use crate::error::CliError;
use crate::output::say;
use crate::time::show_ms;

/// Number of steps.
const STEPS: usize = 6;

/// A step and its time.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) ms: u64,
}

/// The story so far.
#[derive(Debug)]
pub(super) struct Story {
    json: bool,
    begun: Instant,
    running: Option<(&'static str, Instant)>,
    steps: Vec<Step>,
    broken: Vec<String>,
}

impl Story {
    pub(super) fn new(json: bool) -> Self {
        Self { json, begun: Instant::now(), running: None, steps: Vec::new(), broken: Vec::new() }
    }

    /// Whether a program reads the output.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Begins a step.
    pub(super) fn begin(&mut self, name: &'static str, title: &str) {
        self.running = Some((name, Instant::now()));
        self.tell(&format!("\n[{}/{STEPS}] {title}", self.steps.len() + 1));
    }

    /// Ends the step and tells its time.
    pub(super) fn end(&mut self) {
        if let Some((name, begun)) = self.running.take() {
            let ms = ms_since(begun);
            self.tell(&format!("  {}", show_ms(ms)));
            self.steps.push(Step { name, ms });
        }
    }

    /// Tells something.
    pub(super) fn line(&self, text: &str) {
        self.tell(&format!("  {text}"));
    }

    /// Tells something that must hold, and remembers if it does not.
    pub(super) fn must(&mut self, holds: bool, text: &str) {
        let mark = if holds { "ok    " } else { "BROKEN" };
        self.tell(&format!("  {mark} {text}"));
        if !holds {
            self.broken.push(text.to_owned());
        }
    }

    /// The steps that have ended.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Milliseconds since the beginning.
    pub(super) fn total_ms(&self) -> u64 {
        ms_since(self.begun)
    }

    /// An error if anything that was shown does not hold.
    pub(super) fn verdict(&self) -> Result<(), CliError> {
        if self.broken.is_empty() { Ok(()) } else { Err(CliError::DoesNotHold(self.broken.join("; "))) }
    }

    fn tell(&self, text: &str) {
        if !self.json {
            say(false, text);
        }
    }
}

/// Milliseconds since a moment.
pub(super) fn ms_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_that_does_not_hold_decides_the_verdict() {
        let mut story = Story::new(true);
        story.must(true, "the first");
        assert!(story.verdict().is_ok());
        story.must(false, "the second");
        story.must(true, "the third");
        assert!(story.verdict().unwrap_err().to_string().contains("the second"));
    }
}
