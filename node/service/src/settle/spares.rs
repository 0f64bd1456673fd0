//! The random instances of the next proofs, made while nothing is being proven.

use std::sync::Arc;

use nectar_verifier::Kind;
use tokio::sync::{Mutex, watch};

use crate::keys::ProvingKeys;
use crate::log::{field, target};

/// Makes them one at a time. Clones make the same ones.
#[derive(Clone)]
pub(super) struct Spares {
    keys: Arc<ProvingKeys>,
    /// Turns true when the node stops.
    stop: watch::Receiver<bool>,
    /// Held by the task that is at work.
    turn: Arc<Mutex<()>>,
}

impl Spares {
    pub(super) fn new(keys: Arc<ProvingKeys>, stop: watch::Receiver<bool>) -> Self {
        Self { keys, stop, turn: Arc::default() }
    }

    /// Makes those that are missing, in the background. Nobody waits for it: a proof that comes first makes its own.
    pub(super) fn prepare(&self) {
        let Ok(turn) = self.turn.clone().try_lock_owned() else { return };
        let spares = self.clone();
        tokio::task::spawn_blocking(move || {
            spares.make();
            drop(turn);
        });
    }

    /// A node that stops waits for one of them at most: the process ends when its blocking threads have.
    fn make(&self) {
        for kind in [Kind::State, Kind::Execution] {
            if *self.stop.borrow() {
                return;
            }
            if let Err(error) = self.keys.prepare(kind) {
                tracing::warn!(
                    target: target::SETTLE,
                    { { field::KIND } = %kind,
                    { field::ERROR } = %error },
                    "no random instance beforehand"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tests::small_state_key;

    fn spares(stopped: bool) -> (Spares, watch::Sender<bool>) {
        let (stop, told) = watch::channel(stopped);
        let keys = ProvingKeys { state: small_state_key(), execution: None };
        (Spares::new(Arc::new(keys), told), stop)
    }

    /// Until the task at work has ended.
    async fn done(spares: &Spares) {
        drop(tokio::time::timeout(Duration::from_secs(120), spares.turn.lock()).await.unwrap());
    }

    #[tokio::test]
    async fn they_are_made_in_the_background_by_one_task() {
        let (spares, _stop) = spares(false);
        let turn = spares.turn.clone().try_lock_owned().unwrap();
        spares.prepare();
        drop(turn);
        done(&spares).await;
        assert!(!spares.keys.state.is_prepared(), "another task was at work");
        spares.prepare();
        done(&spares).await;
        assert!(spares.keys.state.is_prepared());
    }

    #[tokio::test]
    async fn a_node_that_stops_makes_none() {
        let (spares, stop) = spares(true);
        spares.prepare();
        done(&spares).await;
        assert!(!spares.keys.state.is_prepared());
        drop(stop);
    }
}
