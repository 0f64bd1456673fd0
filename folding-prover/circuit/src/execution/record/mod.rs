//! What a run leaves behind for its proof: every step with what its cells held before and since when, and what became of each cell.

mod cells;
mod recorder;
mod tally;

pub(crate) use cells::Cell;
pub use recorder::{Place, RecordError, Recorder, Recording};
pub use tally::{Asked, Tally};
