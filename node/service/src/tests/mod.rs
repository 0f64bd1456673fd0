//! The node as a whole: real chain, real contracts, real store, HTTP on loopback. Only the proving circuit is smaller.

mod execution;
mod life;
mod limits;
mod privacy;
mod refusals;
mod registry;
mod settlement;
mod shutdown;
mod tls;
mod world;

pub(crate) use world::small_state_key;
