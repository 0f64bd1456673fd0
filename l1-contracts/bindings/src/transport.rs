use std::error::Error as _;
use std::time::Duration;

use alloy::network::Ethereum;
use alloy::primitives::Bytes;
use alloy::providers::RootProvider;
use alloy::rpc::client::RpcClient;
use alloy::transports::{RpcError, TransportError, TransportErrorKind};

use crate::error::L1Error;
use crate::revert::Revert;

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A JSON-RPC client for an HTTP URL.
pub(crate) fn connect(url: &str) -> Result<RootProvider<Ethereum>, L1Error> {
    let url: reqwest::Url = url.parse().map_err(|_| L1Error::BadUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(L1Error::BadUrl);
    }
    install_tls_provider();
    let mut builder = reqwest::Client::builder().timeout(REQUEST_TIMEOUT);
    if is_loopback(&url) {
        // A proxy from the environment has no business with a node on this machine.
        builder = builder.no_proxy();
    }
    let client = builder.build().map_err(|e| L1Error::Client { reason: e.without_url().to_string() })?;
    Ok(RootProvider::new(RpcClient::new_http_with_client(client, url)))
}

/// The HTTP client takes its cryptography from the process-wide default, and panics without one.
fn install_tls_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Names what went wrong without the URL, and decodes what a contract returned.
pub(crate) fn failure(error: TransportError) -> L1Error {
    match error {
        RpcError::ErrorResp(payload) => {
            if let Some(data) = payload.as_revert_data() {
                return L1Error::Reverted { reason: Revert::decode(&data) };
            }
            // Code 3 is an execution that reverted, here without any data.
            if payload.code == 3 {
                return L1Error::Reverted { reason: Revert::Unknown { data: Bytes::new() } };
            }
            L1Error::Refused { code: payload.code, message: payload.message.into_owned() }
        }
        RpcError::Transport(TransportErrorKind::HttpError(e)) => {
            L1Error::Unreachable { reason: format!("HTTP status {}", e.status) }
        }
        RpcError::Transport(kind) => L1Error::Unreachable { reason: reason(&kind) },
        RpcError::DeserError { .. } | RpcError::NullResp => L1Error::BadAnswer { what: "JSON-RPC result" },
        _ => L1Error::Unreachable { reason: "the request could not be made".into() },
    }
}

fn reason(kind: &TransportErrorKind) -> String {
    let http = match kind {
        TransportErrorKind::Custom(e) => e.downcast_ref::<reqwest::Error>(),
        _ => None,
    };
    match http {
        Some(e) if e.is_timeout() => format!("no answer within {} s", REQUEST_TIMEOUT.as_secs()),
        Some(e) if e.is_connect() => {
            let mut cause = e.source();
            while let Some(next) = cause.and_then(std::error::Error::source) {
                cause = Some(next);
            }
            format!("no connection ({})", cause.map_or_else(String::new, ToString::to_string))
        }
        _ => "the connection failed".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_urls_connect() {
        assert_eq!(connect("ftp://127.0.0.1").unwrap_err(), L1Error::BadUrl);
        assert_eq!(connect("not a url").unwrap_err(), L1Error::BadUrl);
        assert!(connect("http://127.0.0.1:1").is_ok());
        assert!(connect("https://node.invalid/key").is_ok());
    }

    #[test]
    fn loopback_is_known_by_name_and_number() {
        for url in ["http://localhost:1", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:8545"] {
            assert!(is_loopback(&url.parse().unwrap()), "{url}");
        }
        assert!(!is_loopback(&"http://10.0.0.1".parse().unwrap()));
    }
}
