use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use parking_lot::Mutex;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::DEV_CHAIN_ID;
use super::envelope;
use super::ledger::Ledger;

/// Largest request body, in bytes: a transaction of 128 KiB in hexadecimal, and room for a batch.
const MAX_BODY: usize = 512 * 1024;
/// Requests that are worked on at once; more wait.
const MAX_CONCURRENT: usize = 32;
/// How long open requests may take to finish at shutdown.
const GRACE: Duration = Duration::from_secs(2);

/// Why there is no development chain.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DevChainError {
    /// The address can be reached from elsewhere.
    #[error(
        "{address} is not a loopback address: the development chain has insecure accounts, use 127.0.0.1"
    )]
    NotLoopback {
        /// The given address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The given address.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
}

/// A chain in this process, served on loopback until it is shut down or dropped. It is kept in memory only.
pub struct DevChain {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

struct Service {
    ledger: Arc<Mutex<Ledger>>,
    turns: Semaphore,
}

impl DevChain {
    /// Starts a fresh chain on a loopback address; port 0 takes a free one.
    ///
    /// # Errors
    /// [`DevChainError::NotLoopback`] for any other address, [`DevChainError::Bind`] if it is taken.
    pub async fn start(listen: SocketAddr) -> Result<Self, DevChainError> {
        if !listen.ip().is_loopback() {
            return Err(DevChainError::NotLoopback { address: listen });
        }
        let failed = |source| DevChainError::Bind { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;

        let service =
            Service { ledger: Arc::new(Mutex::new(Ledger::new())), turns: Semaphore::new(MAX_CONCURRENT) };
        let router = Router::new()
            .route("/", post(serve))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(Arc::new(service));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            // A dropped sender stops the server too.
            let until = async move { drop(stopped.await) };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
                tracing::error!(%error, "the development chain stopped serving");
            }
        });
        tracing::info!(%address, chain_id = DEV_CHAIN_ID, "development chain, in memory, with insecure accounts");
        Ok(Self { address, stop: Some(stop), server })
    }

    /// Where it answers JSON-RPC.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The chain's id, [`DEV_CHAIN_ID`].
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        DEV_CHAIN_ID
    }

    /// Stops serving, after open requests are answered, and forgets the chain.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Drop for DevChain {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

impl fmt::Debug for DevChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevChain").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn serve(State(service): State<Arc<Service>>, headers: HeaderMap, body: Bytes) -> Response {
    // Browsers send this type across origins only after asking, which nothing here answers: so no web page
    // reaches the chain.
    let content = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if content.split(';').next().map(str::trim) != Some("application/json") {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "send content-type: application/json\n").into_response();
    }
    let Ok(_turn) = service.turns.acquire().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let ledger = Arc::clone(&service.ledger);
    // The EVM may run for a while: not on the threads that serve.
    match tokio::task::spawn_blocking(move || envelope::answer(&ledger, &body)).await {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
