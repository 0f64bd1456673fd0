//! A batch of recorded runs, arranged into chunks: what each slot of each chunk has to show.

mod answers;
mod arrange;
mod error;
mod facts;
mod ledger;
mod memory;
mod padding;
mod record;
#[cfg(test)]
pub(super) mod tests;
mod words;

pub use arrange::Arranged;
pub use error::ArrangeError;
pub use padding::bucket;
pub use record::{AccessRecord, AnswerRecord, Batch, LogRecord, ReceiptRecord, RunRecord};
