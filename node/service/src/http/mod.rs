//! The HTTP interface: routes, limits, answers.

mod app;
mod audit;
mod batches;
mod calls;
mod guard;
mod listen;
mod problem;
mod router;
mod status;

pub(crate) use app::App;
pub use listen::ListenError;
pub(crate) use listen::{Listening, listen};
pub(crate) use router::{metrics_router, router};
