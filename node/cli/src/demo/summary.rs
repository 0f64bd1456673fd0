//! The object that `--json` prints, and the closing table.

use serde::Serialize;

use super::story::{Step, Story};
use crate::error::CliError;
use crate::output::{Report, say};
use crate::table::Table;
use crate::time::show_ms;

/// What the demo found.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) bundles: usize,
    pub(super) entries: usize,
    pub(super) steps: Vec<Step>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) plaintext_hits: u64,
    /// Receipts that wait for another batch.
    pub(super) pending: u64,
    pub(super) proof: ProofFigures,
    pub(super) l1: L1Figures,
    pub(super) peak_rss_mb: Option<u64>,
}

/// Something that must be refused.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Refusal {
    pub(super) case: &'static str,
    /// Whether it was, while the same thing done right was accepted.
    pub(super) refused: bool,
}

/// The proofs of state and execution together, of all batches if there were several.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct ProofFigures {
    pub(super) covers: Vec<&'static str>,
    pub(super) instructions: u64,
    pub(super) chunks: u64,
    pub(super) bytes: u64,
    pub(super) fold_ms: u64,
    pub(super) compress_ms: u64,
    pub(super) verify_ms: u64,
}

/// What the chain holds and refused.
#[derive(Debug, Clone, Serialize)]
pub(super) struct L1Figures {
    pub(super) chain: &'static str,
    pub(super) chain_id: u64,
    pub(super) verifier: &'static str,
    pub(super) gas: u64,
    pub(super) pre_root: String,
    pub(super) post_root: String,
    pub(super) tampered_refused: bool,
    pub(super) wrong_pre_root_refused: bool,
    pub(super) unapproved_refused: bool,
}

impl Summary {
    /// Prints the object, or the closing table.
    pub(super) fn print(&self, story: &Story) -> Result<(), CliError> {
        if story.is_json() {
            let failed = |source| CliError::Write { path: "standard output".into(), source };
            return Report::new(self, "").print(true).map_err(failed);
        }
        say(false, &format!("\n{}", self.table(story.total_ms()).to_string().trim_end()));
        Ok(())
    }

    fn table(&self, total_ms: u64) -> Table {
        let mut rows = vec![("records", format!("{} bundles, {} entries", self.bundles, self.entries))];
        for step in &self.steps {
            rows.push((step.name, show_ms(step.ms)));
        }
        let refused = self.refusals.iter().filter(|r| r.refused).count();
        let proof = &self.proof;
        let times = [proof.fold_ms, proof.compress_ms, proof.verify_ms].map(show_ms);
        let [fold, compress, verify] = times;
        rows.extend([
            ("all steps", show_ms(total_ms)),
            ("refused", format!("{refused} of {} attempts that must be", self.refusals.len())),
            ("plaintext", format!("{} hits on the disk", self.plaintext_hits)),
            (
                "proof",
                format!(
                    "{} bytes for {} chunks, {} instructions; covers {}",
                    proof.bytes,
                    proof.chunks,
                    proof.instructions,
                    proof.covers.join(", ")
                ),
            ),
            ("proving", format!("fold {fold}, compress {compress}, verify {verify}")),
            (
                "settled",
                format!(
                    "on chain {} ({}), {} gas, proof verified there ({})",
                    self.l1.chain_id, self.l1.chain, self.l1.gas, self.l1.verifier
                ),
            ),
            ("not settled", format!("{} receipts wait for another batch", self.pending)),
            ("root", self.l1.post_root.clone()),
        ]);
        if let Some(mb) = self.peak_rss_mb {
            rows.push(("peak memory", format!("{mb} MB")));
        }
        Table::pairs(rows)
    }
}
