//! A typed client of the HTTP interface.

mod answers;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use nectar_capability::{Destination, MAX_DIRECTIVE_BYTES, MAX_INVOCATION_BYTES};
use reqwest::redirect::Policy;
use reqwest::{Method, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::api::{self, path};
use crate::upload::{MAX_UPLOAD_BYTES, upload_body};

/// Longest answer that is read, unless set otherwise: a contract's largest response as base64, and room for the rest.
pub const DEFAULT_MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// Longest proof that is read.
const MAX_PROOF_BYTES: usize = 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(120);

/// Why there is no answer, or not the wanted one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The node refused, and does not say why.
    #[error("refused")]
    Refused,
    /// The node answered with another status.
    #[error("the node answered {code}: {message}")]
    Status {
        /// HTTP status code.
        code: u16,
        /// The node's words.
        message: String,
    },
    /// No answer. A request that was sent may have been executed: its receipt tells, and a second copy is refused.
    #[error("the node did not answer: {0}")]
    Transport(String),
    /// The answer is not what this version reads.
    #[error("the node's answer is not the expected JSON: {0}")]
    Decode(String),
    /// A body or an answer is too long.
    #[error("{what} has more than {limit} bytes")]
    TooLarge {
        /// Request or answer.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The address is none.
    #[error("a node's address is http://HOST:PORT or https://HOST:PORT, with nothing after it")]
    Address,
    /// The root certificate cannot be used.
    #[error("the root certificate cannot be used: {0}")]
    Root(String),
}

/// A connection to one node. Clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    max_answer: usize,
}

impl Client {
    /// A client for `http://...`, or for `https://...` with a certificate that the system trusts.
    ///
    /// # Errors
    /// [`ClientError::Address`], [`ClientError::Root`] if the system has no certificates.
    pub fn new(address: &str) -> Result<Self, ClientError> {
        let base = parse(address)?;
        // The system's certificates are looked for only where they are needed: a machine without any can use http.
        let tls = (base.scheme() != "https").then(|| tls(RootCertStore::empty())).transpose()?;
        Self::build(base, tls)
    }

    /// A client for `https://...` that trusts the certificates of one PEM file, and no others.
    ///
    /// # Errors
    /// [`ClientError::Address`], [`ClientError::Root`]
    pub fn with_root(address: &str, certificates: &Path) -> Result<Self, ClientError> {
        let wrong = |error: &dyn std::fmt::Display| ClientError::Root(error.to_string());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(certificates).map_err(|e| wrong(&e))? {
            roots.add(certificate.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
        }
        if roots.is_empty() {
            return Err(ClientError::Root("the file holds none".into()));
        }
        Self::build(parse(address)?, Some(tls(roots)?))
    }

    /// Reads longer answers, or only shorter ones, than [`DEFAULT_MAX_ANSWER_BYTES`].
    #[must_use]
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.max_answer = bytes;
        self
    }

    /// The node's address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    fn build(base: Url, tls: Option<ClientConfig>) -> Result<Self, ClientError> {
        // Without a configuration of our own, reqwest takes the process's provider; a second installation is harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(ANSWER);
        if let Some(tls) = tls {
            builder = builder.tls_backend_preconfigured(tls);
        }
        let http = builder.build().map_err(|e| ClientError::Root(words(&e)))?;
        Ok(Self { http, base, max_answer: DEFAULT_MAX_ANSWER_BYTES })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        decode(&self.send(Method::GET, path, Vec::new(), self.max_answer).await?)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &[u8],
        limit: usize,
    ) -> Result<T, ClientError> {
        if body.len() > limit {
            return Err(ClientError::TooLarge { what: "the request", limit });
        }
        decode(&self.send(Method::POST, path, body.to_vec(), self.max_answer).await?)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        limit: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let (status, body) = self.exchange(method, path, body, limit).await?;
        if status.is_success() {
            return Ok(body);
        }
        if status == StatusCode::FORBIDDEN {
            return Err(ClientError::Refused);
        }
        let message = match serde_json::from_slice::<api::Problem>(&body) {
            Ok(problem) => problem.message.unwrap_or(problem.error),
            Err(_) => status.canonical_reason().unwrap_or("no reason").into(),
        };
        Err(ClientError::Status { code: status.as_u16(), message })
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        limit: usize,
    ) -> Result<(StatusCode, Vec<u8>), ClientError> {
        let transport = |error: reqwest::Error| ClientError::Transport(words(&error));
        let url = self.base.join(path).map_err(|_| ClientError::Address)?;
        let mut answer = self.http.request(method, url).body(body).send().await.map_err(transport)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(transport)? {
            if chunk.len() > limit.saturating_sub(bytes.len()) {
                return Err(ClientError::TooLarge { what: "the answer", limit });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((answer.status(), bytes))
    }
}

fn parse(address: &str) -> Result<Url, ClientError> {
    let url = Url::parse(address).map_err(|_| ClientError::Address)?;
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    let fits = matches!(url.scheme(), "http" | "https") && url.has_host() && plain && anonymous;
    if fits { Ok(url) } else { Err(ClientError::Address) }
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| ClientError::Root(e.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    // Category and place only: the message of serde_json may quote the answer.
    serde_json::from_slice(bytes).map_err(|e| {
        let what = match e.classify() {
            serde_json::error::Category::Data => "another shape",
            _ => "no JSON",
        };
        ClientError::Decode(format!("{what} at line {}, column {}", e.line(), e.column()))
    })
}

/// An error with its causes, without the address.
fn words(error: &reqwest::Error) -> String {
    let mut source = std::error::Error::source(error);
    let mut text = if error.is_timeout() {
        "it took too long".to_string()
    } else if error.is_connect() {
        "no connection".to_string()
    } else {
        "the exchange broke off".to_string()
    };
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Answers one request with these bytes, whatever it is.
    async fn server(answer: Vec<u8>) -> Client {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(&answer).await;
        });
        Client::new(&address).unwrap()
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut_off_and_a_redirect_is_not_followed() {
        let mut long = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        long.resize(200_000, b' ');
        let answer = server(long).await.max_answer(100_000).info().await;
        assert!(matches!(answer, Err(ClientError::TooLarge { limit: 100_000, .. })), "{answer:?}");
        let away = b"HTTP/1.1 307 Away\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n";
        let answer = server(away.to_vec()).await.info().await;
        assert!(matches!(answer, Err(ClientError::Status { code: 307, .. })), "{answer:?}");
        let answer = server(b"SSH-2.0-x\r\n".to_vec()).await.info().await;
        assert!(matches!(answer, Err(ClientError::Transport(_))), "{answer:?}");
    }

    proptest! {
        #[test]
        fn garbage_is_no_answer_and_is_not_quoted(text in "[ -~]{0,200}") {
            for error in [
                decode::<api::Info>(text.as_bytes()).err(),
                decode::<api::Invoked>(text.as_bytes()).err(),
                decode::<api::BatchView>(text.as_bytes()).err(),
                decode::<api::Grants>(text.as_bytes()).err(),
            ] {
                let Some(ClientError::Decode(words)) = error else { panic!("{text:?} was read") };
                prop_assert!(words.starts_with("another shape at") || words.starts_with("no JSON at"));
            }
        }
    }
}
