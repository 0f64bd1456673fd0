//! Follows the registry while the node runs: a DSP that is suspended, removed or lapsed stops serving, and so does one that
//! has heard nothing from L1 for too long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nectar_abi::PublicKey;
use nectar_l1::{Address, L1Error, Registry};
use parking_lot::RwLock;
use tokio::sync::watch;

use crate::log::{field, target};
use crate::metrics::Metrics;
use crate::prepare::now;
use crate::registry::{self, Standing};

/// The last word of the registry.
#[derive(Debug, Clone, Copy)]
struct Word {
    standing: Standing,
    heard: Instant,
    reachable: bool,
}

/// Shared by the one who asks and those who obey.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    registry: Registry,
    node_key: PublicKey,
    wallet: Address,
    stale: Duration,
    word: Arc<RwLock<Word>>,
    metrics: Metrics,
}

impl Watch {
    /// Asks for the first time.
    pub(crate) async fn start(
        registry: Registry,
        node_key: PublicKey,
        wallet: Address,
        stale: Duration,
        metrics: Metrics,
    ) -> Result<Self, L1Error> {
        let standing = registry::ask(&registry, node_key, wallet, now()).await?;
        let word = Word { standing, heard: Instant::now(), reachable: true };
        let watch = Self { registry, node_key, wallet, stale, word: Arc::new(RwLock::new(word)), metrics };
        watch.metrics.serving.set(i64::from(watch.obstacle().is_none()));
        Ok(watch)
    }

    pub(crate) fn standing(&self) -> Standing {
        self.word.read().standing
    }

    /// Whether L1 answered the last time.
    pub(crate) fn reachable(&self) -> bool {
        self.word.read().reachable
    }

    /// Why this node must not serve now, if so.
    pub(crate) fn obstacle(&self) -> Option<String> {
        let word = *self.word.read();
        if word.standing != Standing::Active {
            return Some(word.standing.to_string());
        }
        (word.heard.elapsed() > self.stale).then(|| {
            let seconds = self.stale.as_secs();
            format!("L1 has not answered for more than {seconds} s (limits.registry_stale_s): check l1.url")
        })
    }

    /// Asks again and again until told to stop.
    pub(crate) async fn follow(self, every: Duration, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = told(&mut stop) => return,
                () = tokio::time::sleep(every) => self.look().await,
            }
        }
    }

    async fn look(&self) {
        let before = self.standing();
        // A node that hangs must not count as one that answers.
        let asked = registry::ask(&self.registry, self.node_key, self.wallet, now());
        let answer = tokio::time::timeout(self.stale, asked).await;
        let outcome = match answer {
            Ok(Ok(standing)) => {
                *self.word.write() = Word { standing, heard: Instant::now(), reachable: true };
                if standing != before {
                    tracing::warn!(
                        target: target::REGISTRY,
                        { { field::STANDING } = standing.word() },
                        "the registry's word on this node changed"
                    );
                }
                if standing == Standing::Active { "active" } else { "inactive" }
            }
            Ok(Err(error)) => self.silent(&error.to_string()),
            Err(_) => self.silent("no answer in time"),
        };
        self.metrics.registry_checks.with_label_values(&[outcome]).inc();
        self.metrics.serving.set(i64::from(self.obstacle().is_none()));
    }

    fn silent(&self, error: &str) -> &'static str {
        self.word.write().reachable = false;
        tracing::warn!(target: target::REGISTRY, { { field::ERROR } = error }, "L1 does not answer");
        "unreachable"
    }
}

/// Waits until the value is true, or nobody is left who could make it so.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await.is_ok();
}
