//! Sockets: so many connections, no stalled ones, TLS if configured.

use std::future::{Ready, ready};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready as or_pending};
use std::time::Duration;

use axum::Router;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::Sleep;

use crate::config::{Limits, TlsConfig};
use crate::metrics::{Metrics, Raised};

/// Why the node does not listen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The address cannot be taken.
    #[error("{address}: {source}; another process may listen there: set another listen address")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A PEM file cannot be read, or holds something else.
    #[error("{key} = {path}: {reason}")]
    Pem {
        /// `tls.cert` or `tls.key`.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key do not make a TLS server.
    #[error("tls.cert and tls.key do not belong together or are not supported: {0}")]
    Tls(rustls::Error),
}

/// A server that runs until it is told to stop, or dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<io::Result<()>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl Listening {
    /// Takes no more connections, lets open requests end within `drain`, then closes what is left.
    pub(crate) async fn drain(mut self, drain: Duration) {
        self.handle.graceful_shutdown(Some(drain));
        let _ = (&mut self.task).await;
    }
}

/// Listens, and serves in the background.
pub(crate) fn listen(
    address: SocketAddr,
    tls: Option<&TlsConfig>,
    limits: &Limits,
    metrics: &Metrics,
    router: Router,
) -> Result<Listening, ListenError> {
    let tls = tls.map(server_config).transpose()?;
    let bind = |source| ListenError::Bind { address, source };
    let listener = TcpListener::bind(address).map_err(bind)?;
    listener.set_nonblocking(true).map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;

    let room = usize::try_from(limits.connections).unwrap_or(usize::MAX >> 4);
    let bounded =
        Bounded { room: Arc::new(Semaphore::new(room)), stall: limits.write(), metrics: metrics.clone() };
    let handle = Handle::new();
    let mut server = axum_server::from_tcp(listener).map_err(bind)?.handle(handle.clone());
    configure(&mut server, limits);
    let service = router.into_make_service();
    let task = match tls {
        None => tokio::spawn(server.acceptor(bounded).serve(service)),
        Some(config) => {
            let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(config))
                .handshake_timeout(limits.header())
                .acceptor(bounded);
            tokio::spawn(server.acceptor(acceptor).serve(service))
        }
    };
    Ok(Listening { address, handle, task })
}

fn configure(server: &mut Server<SocketAddr>, limits: &Limits) {
    let bytes = usize::try_from(limits.header_bytes).unwrap_or(usize::MAX);
    let headers = usize::try_from(limits.headers).unwrap_or(usize::MAX);
    let builder = std::mem::replace(
        server.http_builder(),
        hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new()),
    );
    *server.http_builder() = builder.http1_only();
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header())
        .max_headers(headers)
        .max_buf_size(bytes);
}

fn server_config(tls: &TlsConfig) -> Result<Arc<ServerConfig>, ListenError> {
    let pem = |key, path: &Path, reason: String| ListenError::Pem { key, path: path.to_path_buf(), reason };
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&tls.cert)
        .and_then(Iterator::collect)
        .map_err(|error| pem("tls.cert", &tls.cert, error.to_string()))?;
    if certificates.is_empty() {
        return Err(pem("tls.cert", &tls.cert, "holds no certificate".into()));
    }
    // The error may quote the file, which holds a secret.
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|_| pem("tls.key", &tls.key, "holds no readable private key".into()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(ListenError::Tls)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Lets so many connections in; the rest is closed at once.
#[derive(Debug, Clone)]
struct Bounded {
    room: Arc<Semaphore>,
    stall: Duration,
    metrics: Metrics,
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Watched;
    type Service = S;
    type Future = Ready<io::Result<(Watched, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(permit) = self.room.clone().try_acquire_owned() else {
            self.metrics.connections_rejected.inc();
            return ready(Err(io::Error::other("too many connections")));
        };
        // Answers are small and whole: no reason to wait for more bytes.
        let _ = stream.set_nodelay(true);
        let place = (permit, Raised::new(&self.metrics.connections));
        ready(Ok((Watched { stream, stall: self.stall, waiting: None, _place: place }, service)))
    }
}

/// A connection that ends when the other side stops reading.
struct Watched {
    stream: TcpStream,
    stall: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    _place: (OwnedSemaphorePermit, Raised),
}

impl Watched {
    fn progress<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(done) = write(Pin::new(&mut self.stream), context) {
            self.waiting = None;
            return Poll::Ready(done);
        }
        let stall = self.stall;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        or_pending!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.progress(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.progress(context, |stream, context| stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.progress(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.progress(context, AsyncWrite::poll_shutdown)
    }
}
