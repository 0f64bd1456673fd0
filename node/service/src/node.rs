use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nectar_abi::PublicKey;
use nectar_capability::SigningKey;
use nectar_l1::{L1Error, Wallet};
use nectar_prover::SetupError;
use nectar_runtime::{Config as RuntimeConfig, Executor, HostError};
use nectar_state::{BackendError, SledBackend, StateError, Store, StoreKeys};
use thiserror::Error;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::api::BatchView;
use crate::chain::{Chain, is_development_chain};
use crate::config::{ConfigError, Execution, NodeConfig, Setup};
use crate::files::{DataDir, DirectoryError};
use crate::http::{App, ListenError, Listening, listen, metrics_router, router};
use crate::keys::ProvingKeys;
use crate::log::{field, target};
use crate::metrics::Metrics;
use crate::operator::Operator;
use crate::programs::Machines;
use crate::registry::Standing;
use crate::settle::{Files, Parts, Settler, SyncError, reconcile};
use crate::standing::Watch;
use crate::work::Work;

/// What a node must know and nobody else may. Each is erased when dropped.
#[derive(Clone)]
pub struct NodeSecrets {
    /// The node key: signs receipts, and is what the registry admits.
    pub identity: SigningKey,
    /// Opens the store.
    pub store: StoreKeys,
    /// The operator's Ethereum key: attests and pays.
    pub wallet: Wallet,
}

impl fmt::Debug for NodeSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeSecrets(..)")
    }
}

/// Why a node does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The registry does not admit this node now.
    #[error("node key {dsp} may not serve: {standing}")]
    NotAdmitted {
        /// The node key.
        dsp: PublicKey,
        /// What the registry says, and the next step.
        standing: Standing,
    },
    /// The development setup on a chain that is none for development.
    #[error(
        "prover.setup = \"insecure_development\" on chain {chain_id}, which is no development chain: anyone could forge proofs, \
         and no verifier there takes them. Set prover.setup = \"ptau\" and prover.ptau_dir"
    )]
    InsecureSetup {
        /// The chain's id.
        chain_id: u64,
    },
    /// L1 demands what this node's contracts cannot give.
    #[error(
        "prover.execution = \"unproven\", and L1 settles this network's batches with a proof of their execution only: set \
         prover.execution = \"provable\" before the first contract is made"
    )]
    UnprovenExecution,
    /// L1 does not answer, or its contracts are not where they should be.
    #[error("L1: {0}")]
    L1(#[from] L1Error),
    /// The data directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The database cannot be opened.
    #[error("the database in data_dir cannot be opened: {0}")]
    Backend(#[from] BackendError),
    /// The store cannot be opened.
    #[error("the store in data_dir cannot be opened: {0}")]
    Store(#[from] StateError),
    /// The runtime cannot work with the store.
    #[error(transparent)]
    Runtime(#[from] HostError),
    /// There are no proving keys.
    #[error("proving keys: {0}")]
    Keys(#[from] SetupError),
    /// Store and L1 do not go together.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Metrics could not be set up.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// A task of this process died.
    #[error("a task of this process stopped unexpectedly")]
    Task,
}

/// Looks at public records that wait, at most.
const LOOKUP_QUEUE: u32 = 64;

/// A DSP's node.
#[derive(Debug, Clone, Copy)]
pub struct Node;

/// A node that serves. Dropped without [`Self::shutdown`], it cuts off what is going on, as in a crash: nothing
/// acknowledged is lost.
#[derive(Debug)]
pub struct RunningNode {
    address: SocketAddr,
    tls: bool,
    listening: Vec<Listening>,
    app: Arc<App>,
    stop: Stop,
    follower: JoinHandle<()>,
    drain: Duration,
    directory: DataDir,
}

/// Tells what runs in the background that the node ends; also when it is dropped.
#[derive(Debug)]
struct Stop(watch::Sender<bool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

impl Node {
    /// Starts a node, if the registry on L1 says that its key is active and its store goes with L1.
    ///
    /// # Errors
    /// [`StartError`], which says what to do.
    pub async fn start(config: NodeConfig, secrets: NodeSecrets) -> Result<RunningNode, StartError> {
        start(config, secrets, None).await
    }
}

/// Starts a node, with other proving keys than the configuration names if they are given.
pub(crate) async fn start(
    config: NodeConfig,
    secrets: NodeSecrets,
    other_keys: Option<Arc<ProvingKeys>>,
) -> Result<RunningNode, StartError> {
    config.validate()?;
    let metrics = Metrics::new()?;
    let dsp = secrets.identity.public();
    let chain = Chain::connect(&config.l1, config.network, secrets.wallet.clone()).await?;
    let watch = admitted(&config, &chain, dsp, &metrics).await?;
    let (stop, stopped) = watch::channel(false);
    let (directory, parts) =
        parts(&config, secrets, chain, metrics.clone(), stopped.clone(), other_keys).await?;
    let (executor, chain) = (parts.executor.clone(), parts.chain.clone());
    let settler = Settler::new(parts);
    let limits = config.limits.clone();
    let app = Arc::new(App {
        executor,
        settler,
        watch: watch.clone(),
        lookups: Work::new(1, LOOKUP_QUEUE, limits.queue_wait(), metrics.clone()),
        work: Work::new(limits.workers, limits.queue, limits.queue_wait(), metrics.clone()),
        operator: Operator::new(config.operator, dsp, config.network),
        requests: Arc::new(Semaphore::new(usize::try_from(limits.requests).unwrap_or(usize::MAX >> 4))),
        limits,
        metrics,
        dsp,
        network: config.network,
        l1: chain.info(),
    });
    let listening = serve(&config, &app)?;
    let address = listening.first().map_or(config.listen, |main| main.address);
    tracing::info!(
        target: target::NODE,
        { { field::DSP } = %dsp,
        { field::ADDRESS } = %address,
        { field::ROOT } = %crate::api::Root(app.executor.network_root()) },
        "serving"
    );
    app.settler.resume().await;
    app.settler.prepare();
    let every = Duration::from_secs(config.limits.registry_poll_s);
    let follower = tokio::spawn(watch.follow(every, stopped));
    let (tls, drain) = (config.tls.is_some(), config.limits.drain());
    Ok(RunningNode { address, tls, listening, app, stop: Stop(stop), follower, drain, directory })
}

/// Makes the proofs of the next batch, without serving or settling: the node that starts next settles it with them. `None` if no
/// receipt is pending. Stops at the next chunk when `stop` ends. `show` is told from time to time how far it is.
///
/// # Errors
/// [`ProveBatchError`]
pub async fn prove_batch(
    config: NodeConfig,
    secrets: NodeSecrets,
    stop: impl Future<Output = ()>,
    show: impl Fn(&BatchView),
) -> Result<Option<BatchView>, ProveBatchError> {
    prove_with(config, secrets, stop, show, None).await
}

/// The same, with other proving keys than the configuration names if they are given.
pub(crate) async fn prove_with(
    config: NodeConfig,
    secrets: NodeSecrets,
    stop: impl Future<Output = ()>,
    show: impl Fn(&BatchView),
    other_keys: Option<Arc<ProvingKeys>>,
) -> Result<Option<BatchView>, ProveBatchError> {
    config.validate().map_err(StartError::from)?;
    let chain = Chain::connect(&config.l1, config.network, secrets.wallet.clone()).await;
    let chain = chain.map_err(StartError::from)?;
    let metrics = Metrics::new().map_err(StartError::from)?;
    let (stopping, stopped) = watch::channel(false);
    let (directory, parts) = parts(&config, secrets, chain, metrics, stopped, other_keys).await?;
    let executor = parts.executor.clone();
    let settler = Settler::new(parts);
    let proven = {
        let mut proving = Box::pin(settler.prove(show));
        tokio::select! {
            proven = &mut proving => proven,
            () = stop => {
                stopping.send_replace(true);
                proving.await
            }
        }
    };
    drop(settler);
    released(executor).await;
    drop(directory);
    proven.map_err(|error| ProveBatchError::Failed(error.into()))
}

/// Why a batch's proofs were not made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProveBatchError {
    /// What a node needs is not there.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Proving failed, or was stopped: what is done is kept.
    #[error("{0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Opens the data directory and all that batches are proven and settled with.
async fn parts(
    config: &NodeConfig,
    secrets: NodeSecrets,
    chain: Chain,
    metrics: Metrics,
    stop: watch::Receiver<bool>,
    other_keys: Option<Arc<ProvingKeys>>,
) -> Result<(DataDir, Parts), StartError> {
    check_setup(config, &chain)?;
    let proves_execution = chain.proves_execution().await?;
    if proves_execution && config.prover.execution == Execution::Unproven {
        return Err(StartError::UnprovenExecution);
    }
    let directory = DataDir::open(&config.data_dir)?;
    let executor = open(config, &directory, secrets).await?;
    let keys = match other_keys {
        Some(keys) => keys,
        None => keys(config, proves_execution).await?,
    };
    let files = Arc::new(Files::new(directory.sub("batches")?));
    reconcile(&executor, &chain, &files, keys.digest()).await?;
    let (limits, padding) = (config.limits.clone(), config.prover.padding);
    Ok((directory, Parts { executor, chain, keys, files, limits, padding, metrics, stop }))
}

async fn admitted(
    config: &NodeConfig,
    chain: &Chain,
    dsp: PublicKey,
    metrics: &Metrics,
) -> Result<Watch, StartError> {
    let stale = Duration::from_secs(config.limits.registry_stale_s);
    let watch = Watch::start(chain.registry.clone(), dsp, chain.wallet, stale, metrics.clone()).await?;
    match watch.standing() {
        Standing::Active => Ok(watch),
        standing => Err(StartError::NotAdmitted { dsp, standing }),
    }
}

fn check_setup(config: &NodeConfig, chain: &Chain) -> Result<(), StartError> {
    if config.prover.setup == Setup::Ptau {
        return Ok(());
    }
    if !is_development_chain(chain.id) {
        return Err(StartError::InsecureSetup { chain_id: chain.id });
    }
    tracing::warn!(target: target::NODE, "INSECURE development setup: anyone can forge proofs for this node");
    Ok(())
}

async fn open(
    config: &NodeConfig,
    directory: &DataDir,
    secrets: NodeSecrets,
) -> Result<Arc<Executor>, StartError> {
    let path = directory.sub("state")?;
    let mut runtime = RuntimeConfig::new(config.network);
    runtime.auditors = config.auditors.iter().copied().collect();
    let NodeSecrets { identity, store, .. } = secrets;
    let execution = config.prover.execution;
    blocking(move || -> Result<_, StartError> {
        let backend = Arc::new(SledBackend::open(&path)?);
        let store = Store::open(backend, store, runtime.network)?;
        let executor = Executor::open(runtime, store, identity)?;
        Ok(Arc::new(match execution {
            Execution::Provable => executor.with_programs(Arc::new(Machines::default())),
            Execution::Unproven => executor,
        }))
    })
    .await?
}

async fn keys(config: &NodeConfig, execution: bool) -> Result<Arc<ProvingKeys>, StartError> {
    let dir = config.prover.ptau_dir.clone();
    Ok(Arc::new(blocking(move || ProvingKeys::load(dir.as_deref(), execution)).await??))
}

fn serve(config: &NodeConfig, app: &Arc<App>) -> Result<Vec<Listening>, StartError> {
    let (limits, metrics) = (&app.limits, &app.metrics);
    let main = router(app.clone(), config.metrics_listen.is_none());
    let mut all = vec![listen(config.listen, config.tls.as_ref(), limits, metrics, main)?];
    if let Some(address) = config.metrics_listen {
        all.push(listen(address, None, limits, metrics, metrics_router(app.clone()))?);
    }
    Ok(all)
}

async fn blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T, StartError> {
    tokio::task::spawn_blocking(job).await.map_err(|_| StartError::Task)
}

impl RunningNode {
    /// The address that the node listens on, with the port that it got.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The node's URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.address)
    }

    /// Address of `/metrics`, if it has one of its own.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.listening.get(1).map(|metrics| metrics.address)
    }

    /// Stops: takes no more connections, lets open requests end, stops proving at the next chunk, waits for every write,
    /// and gives the data directory back.
    pub async fn shutdown(self) {
        tracing::info!(target: target::NODE, "stopping");
        let Self { listening, app, stop, follower, drain, directory, .. } = self;
        drop(stop);
        for one in listening {
            one.drain(drain).await;
        }
        app.work.close().await;
        app.lookups.close().await;
        app.settler.idle().await;
        let _ = follower.await;
        let executor = app.executor.clone();
        drop(app);
        released(executor).await;
        drop(directory);
        tracing::info!(target: target::NODE, "stopped");
    }
}

/// Connections that were cut off let go of the store a moment later; the database is closed when the last one has.
async fn released(executor: Arc<Executor>) {
    let begun = Instant::now();
    while Arc::strong_count(&executor) > 1 && begun.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let _ = tokio::task::spawn_blocking(move || drop(executor)).await;
}
