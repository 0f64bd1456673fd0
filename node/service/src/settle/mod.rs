//! From pending receipts to a settled batch: plan, prove, verify, attest, submit, note.
//!
//! | step | durable before the next one | if the node stops here |
//! |---|---|---|
//! | plan | `N.json`: which receipts | the next settlement takes the same receipts |
//! | prove the state, verify | `N.proof`, figures in `N.json` | the proof is read, verified again and used |
//! | prove the execution, verify | `N.execution.proof`, figures in `N.json` | likewise |
//! | submit | the L1 transaction | the start finds the batch on L1 and notes it |
//! | note | the store's own record | done |

mod error;
mod files;
mod job;
mod live;
mod proving;
mod record;
mod settler;
mod spares;
mod sync;

pub(crate) use error::StartSettleError;
pub use files::BatchFileError;
pub(crate) use files::Files;
pub(crate) use settler::{Parts, Settler};
pub use sync::SyncError;
pub(crate) use sync::reconcile;
